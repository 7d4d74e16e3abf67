namespace Paging.Native.Frames;

//   descriptors   [first] 0 0 0 0 … 0     a block in use: the first frame speaks for all, and the zeros of the free block stay
//   bits          1 for the block
/// <summary>The blocks of huge pages that are handed out whole: only the descriptor of the first frame is written.</summary>
/// <remarks>
/// Always      F9  the other frames' descriptors are zero, as those of free frames are, so neither taking nor freeing a block touches them
///             a reader that must tell such a frame from a free one asks <see cref="FrameTable.Shown"/>
/// Linux       the pages of a compound page lead to its head, which has the counts; mm/page_alloc.c prep_compound_page
/// </remarks>
internal sealed class WholeBlocks(int order, uint frameCount)
{
    private readonly ulong[] _bits = new ulong[(frameCount >> (order + 6)) + 1];

    /// <summary>The binary logarithm of the frames of a block.</summary>
    public int Order => order;

    /// <summary>The descriptor that a frame after the first one stands for.</summary>
    public FrameDescriptor Tail { get; private set; }

    /// <summary>True for a frame of a block that is handed out whole.</summary>
    public bool Has(FrameNumber frame) => (_bits[frame.Value >> (order + 6)] & (1UL << (int)(frame.Value >> order))) != 0;

    /// <summary>True for a frame of such a block, but not for its first one.</summary>
    public bool HasTail(FrameNumber frame) => (frame.Value & ((1u << order) - 1)) != 0 && Has(frame);

    /// <summary>Adds a block that was handed out with a header for all of its frames.</summary>
    public void Add(FrameNumber first, FrameHeader header)
    {
        Tail = new() { Header = header, ReferenceCount = 1 };
        _bits[first.Value >> (order + 6)] |= 1UL << (int)(first.Value >> order);
    }

    /// <summary>Takes a block out, which is freed, or whose descriptors are written now.</summary>
    public void Remove(FrameNumber first) => _bits[first.Value >> (order + 6)] &= ~(1UL << (int)(first.Value >> order));
}
