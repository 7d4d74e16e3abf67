namespace Paging.HostKernel.Puppets;

/// <summary>The layout of the block that the puppet and the host share: the dialect's reserved area.</summary>
/// <remarks><code>
/// reserved + 0x0000  the puppet's program (PuppetCode)
///          + 0x1000  control words, then one word per process to wait on (ControlBlock)
///          + 0x2000  the stack that signals arrive on, 16 KiB: an AVX-512 frame needs four
///          + 0x6000  scratch for arguments and results of system calls, to the end
/// </code>
/// One mapping, shared with the host: a shared mapping is no data for RLIMIT_DATA, never joins private neighbours, and is taken
/// over by fork as it is. Processes of one machine take turns, so they can share everything but the word they wait on.
/// </remarks>
internal readonly record struct PuppetLayout(uint Reserved, uint ByteLength)
{
    internal const int ControlOffset = 0x1000, SlotsOffset = 0x1100, SignalStackOffset = 0x2000, ScratchOffset = 0x6000;
    internal const int SlotCount = (SignalStackOffset - SlotsOffset) / sizeof(uint);
    internal const int SignalStackByteLength = ScratchOffset - SignalStackOffset;
    internal const int PageByteLength = 4096;
    internal const uint ByteLengthMin = 0x1_0000;

    // The puppet's descriptors. In the dialect a process starts with 0 to 2 in use, so the machine uses these three.
    internal const int ExchangeDescriptor = 0, SocketDescriptor = 1, ControlDescriptor = 2;

    internal uint Code => Reserved;
    internal uint SignalStack => Reserved + SignalStackOffset;
    internal uint Scratch => Reserved + ScratchOffset;
    internal int ScratchByteLength => (int)ByteLength - ScratchOffset;
    internal int PageCount => (int)(ByteLength / PageByteLength);

    internal uint Slot(int index) => Reserved + SlotsOffset + ((uint)index * sizeof(uint));
}
