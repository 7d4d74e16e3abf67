namespace Paging.View;

/// <summary>The last write to a byte of a process.</summary>
/// <param name="Step">The step in which it was made, counted from 1.</param>
/// <param name="ProcessId">Who made it: the process, or the ancestor from which it has the byte by fork(2).</param>
/// <param name="Instruction">The instruction of the program that made it; null: a call did.</param>
public sealed record ViewedWrite(int Step, int ProcessId, string? Instruction = null);
