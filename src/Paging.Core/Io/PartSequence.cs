using System.Buffers;

namespace Paging.Core.Io;

/// <summary>One part of a sequence of bytes that lie in several places.</summary>
internal sealed class PartSequence : ReadOnlySequenceSegment<byte>
{
    private PartSequence(ReadOnlyMemory<byte> memory, long runningIndex) => (Memory, RunningIndex) = (memory, runningIndex);

    /// <summary>Joins parts.</summary>
    public static ReadOnlySequence<byte> Of(IReadOnlyList<Memory<byte>> parts)
    {
        PartSequence first = new(parts[0], 0), last = first;
        foreach (Memory<byte> part in parts.Skip(1))
        {
            PartSequence next = new(part, last.RunningIndex + last.Memory.Length);
            last.Next = next;
            last = next;
        }

        return new(first, 0, last, last.Memory.Length);
    }
}
