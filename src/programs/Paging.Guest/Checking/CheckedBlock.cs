using Paging.Native;

namespace Paging.Guest.Checking;

/// <summary>A block that a program has allocated, live or freed.</summary>
/// <param name="Start">Its first byte, after its red zone.</param>
/// <param name="ByteLength">The bytes that the program requested.</param>
/// <param name="RoomLength">The bytes reserved for it, without the red zones.</param>
/// <param name="Allocated">The stack at its allocation.</param>
internal sealed record CheckedBlock(VirtualAddress Start, uint ByteLength, uint RoomLength, CallStack Allocated)
{
    /// <summary>The stack when it was freed; null while it is live.</summary>
    public CallStack? Freed { get; init; }

    /// <summary>The end of its bytes.</summary>
    public ulong End => (ulong)Start.Value + ByteLength;
}
