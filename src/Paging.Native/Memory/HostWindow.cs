using System.Buffers;

namespace Paging.Native.Memory;

//   0            RAM           │ end of RAM      window        window
//  ┌─────────┬─────────┬─ … ─┬─┴───────┬ … ┬─────────┬ … ┬─────────┐
//  │ frame 0 │ frame 1 │     │         │   │ of the  │   │ host's  │      frame numbers, up to 2^20
//  └─────────┴─────────┴─ … ─┴─────────┴ … ┴─────────┴ … ┴─────────┘
/// <summary>Memory of the host's own that has frame numbers beyond the end of RAM, so that entries can lead to it.</summary>
/// <remarks>
/// It lies beside RAM as PCI memory does. It is neither counted nor reclaimed, and its descriptors are all zeros. The table of frames
/// knows which windows are memory of images.
/// </remarks>
internal sealed class HostWindow : IDisposable
{
    private readonly PhysicalMemory _ram;
    private MemoryHandle _pin;
    private bool _isClosed;

    /// <summary>Gives memory free frame numbers, one for each 4 KiB. A shorter rest of the memory gets none.</summary>
    public HostWindow(PhysicalMemory ram, FrameNumber first, Memory<byte> memory) =>
        (_ram, First, Count, Memory, _pin) = (ram, first, new((uint)memory.Length >> VirtualAddress.PageShift), memory, memory.Pin());

    public FrameNumber First { get; }

    public FrameCount Count { get; }

    /// <summary>The memory; pinned until <see cref="Dispose"/>.</summary>
    public Memory<byte> Memory { get; }

    public bool Contains(FrameNumber frame) => frame.Value - First.Value < Count.Value;

    /// <summary>The host address of a frame of the window.</summary>
    // SAFETY: the caller has checked Contains; the memory is pinned until Dispose and as long as the frames.
    public unsafe byte* AddressOf(FrameNumber frame) =>
        (byte*)_pin.Pointer + ((ulong)(frame.Value - First.Value) << VirtualAddress.PageShift);

    /// <summary>Gives the numbers back and unpins the memory. No entry and no translation may lead here any more.</summary>
    public void Dispose()
    {
        if (_isClosed) return;
        _isClosed = true;
        _ram.RemoveWindow(this);
        _pin.Dispose();
    }
}
