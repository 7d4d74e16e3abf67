using Paging.Native;

namespace Paging.View;

/// <summary>The last write to a byte of a process.</summary>
/// <param name="Step">The step in which it was made, counted from 1.</param>
/// <param name="ProcessId">The process that made it, or the ancestor from which the process has the byte by fork(2).</param>
/// <param name="Instruction">The address of the program's instruction that made it; null: a call did.</param>
/// <param name="Code">The instruction as a disassembler shows it; null: its code is not known.</param>
public sealed record ViewedWrite(int Step, int ProcessId, VirtualAddress? Instruction = null, string? Code = null);
