using Paging.Native;

namespace Paging.Guest.Checking;

/// <summary>A block that a program has allocated, live or freed.</summary>
/// <param name="Start">Its first byte, behind its red zone.</param>
/// <param name="ByteLength">How many bytes the program has asked for.</param>
/// <param name="RoomLength">How many bytes the heap has for it, without the red zones.</param>
/// <param name="Allocated">The calls that have allocated it.</param>
internal sealed record CheckedBlock(VirtualAddress Start, uint ByteLength, uint RoomLength, CallStack Allocated)
{
    /// <summary>The calls that have freed it; null while it is live.</summary>
    public CallStack? Freed { get; init; }

    /// <summary>The end of its bytes.</summary>
    public ulong End => (ulong)Start.Value + ByteLength;
}
