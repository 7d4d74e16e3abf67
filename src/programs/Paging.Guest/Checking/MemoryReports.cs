using System.Globalization;
using Paging.Native;

namespace Paging.Guest.Checking;

/// <summary>Writes each memory error once, with its stack and the block concerned.</summary>
internal sealed class MemoryReports(TextWriter writer)
{
    private const int ReportMax = 1_000;    // valgrind's limit of different errors

    private readonly Dictionary<(MemoryErrorKind, uint, uint), int> _seen = [];

    /// <summary>The number of errors, repeated ones included.</summary>
    public int Count { get; private set; }

    /// <summary>The number of different errors.</summary>
    public int DifferentCount => _seen.Count;

    /// <summary>Reports an error unless the same instruction, called from the same place, has been reported for it.</summary>
    /// <param name="kind">The kind of error.</param>
    /// <param name="what">The first line, without the address.</param>
    /// <param name="stack">The program's stack.</param>
    /// <param name="address">The first bad byte; null if the error concerns none.</param>
    /// <param name="memory">The program's memory.</param>
    public void Add(MemoryErrorKind kind, string what, in CallStack stack, VirtualAddress? address, CheckedMemory memory)
    {
        Count++;
        (MemoryErrorKind, uint, uint) key = (kind, stack.Frames[0].Value, stack.Frames.Length > 1 ? stack.Frames[1].Value : 0);
        if (_seen.Count >= ReportMax && !_seen.ContainsKey(key)) return;
        _seen[key] = _seen.GetValueOrDefault(key) + 1;
        if (_seen[key] > 1) return;
        Line(what);
        Write(stack, memory);
        if (address is { } at) Describe(at, memory);
    }

    /// <summary>Writes the totals.</summary>
    public void Finish() => Line(Count == 0 ? "no memory errors"
        : string.Create(CultureInfo.InvariantCulture, $"{Count} memory {(Count == 1 ? "error" : "errors")}, {DifferentCount} different"));

    /// <summary>Returns a number of bytes in words.</summary>
    public static string Bytes(ulong count) => count == 1 ? "1 byte" : string.Create(CultureInfo.InvariantCulture, $"{count} bytes");

    private void Describe(VirtualAddress at, CheckedMemory memory)
    {
        if (memory.Heap.FindNear(at) is not { } block)
        {
            Line($"  {at} is in no block of the heap");
            return;
        }

        (string place, ulong distance) = at.Value < block.Start.Value ? ("before", block.Start.Value - at.Value)
            : at.Value >= block.End ? ("after", at.Value - block.End)
            : ("inside", at.Value - block.Start.Value);
        string state = block.Freed is null ? "" : "freed ";
        Line($"  {at} is {Bytes(distance)} {place} a {state}block of {Bytes(block.ByteLength)} at {block.Start}");
        if (block.Freed is { } freed)
        {
            Line("  freed");
            Write(freed, memory);
        }

        Line("  allocated");
        Write(block.Allocated, memory);
    }

    private void Write(in CallStack stack, CheckedMemory memory)
    {
        for (int i = 0; i < stack.Frames.Length; i++)
            Line($"    {(i == 0 ? "at" : "by")} {ProgramNames.Describe(stack.Frames[i], memory.Modules)}");
    }

    private void Line(string text) => writer.WriteLine($"paging check: {text}");
}
