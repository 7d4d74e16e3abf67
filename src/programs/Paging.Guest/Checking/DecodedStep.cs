using Iced.Intel;
using Paging.Native;

namespace Paging.Guest.Checking;

/// <summary>An instruction of a program.</summary>
/// <param name="address">Its address.</param>
/// <param name="instruction">The decoded instruction.</param>
/// <param name="entry">The function of the allocator that begins with it, if any.</param>
internal sealed class DecodedStep(VirtualAddress address, in Instruction instruction, HeapCall entry)
{
    private readonly Instruction _instruction = instruction;

    public VirtualAddress Address { get; } = address;

    public ref readonly Instruction Instruction => ref _instruction;

    public HeapCall Entry { get; } = entry;

    /// <summary>The name of the string function that begins with it.</summary>
    public string? StringFunction { get; init; }

    /// <summary>The name of the string function whose resolver begins with it.</summary>
    public string? Resolver { get; init; }

    public bool IsCall { get; } = instruction.FlowControl is FlowControl.Call or FlowControl.IndirectCall;

    /// <summary>The address of the next instruction.</summary>
    public VirtualAddress Next => Address + (uint)_instruction.Length;
}
