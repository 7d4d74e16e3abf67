namespace Paging.Native.Allocation;

//  31   30                    0
// ┌───┬───────────────────────┐
// │ Z │     frame number      │      Z: its bytes are zero
// └───┴───────────────────────┘
/// <summary>A free frame that a processor has taken out of the allocator before it is needed.</summary>
internal readonly record struct StockFrame(uint Word)
{
    private const uint Zero = 1u << 31;    // frame numbers have 24 bits at most

    public FrameNumber Frame => new(Word & ~Zero);

    /// <summary>True if its bytes are zero.</summary>
    public bool IsZero => (Word & Zero) != 0;

    /// <summary>A frame of any bytes.</summary>
    public static StockFrame Of(FrameNumber frame) => new(frame.Value);

    /// <summary>A frame of zeros.</summary>
    public static StockFrame OfZeros(FrameNumber frame) => new(frame.Value | Zero);
}
