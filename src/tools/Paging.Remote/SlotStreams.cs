namespace Paging.Remote;

/// <summary>Guesses the slots that are read next: the neighbours of one, or the next ones if reads were a constant stride apart.</summary>
/// <remarks><code>
///   reads that missed     8     16     24         two equal strides: a stream
///   requested ahead                         32 40 48 56 …      and again when the first of these is used
/// </code>
/// Linux: swapin_nr_pages and swap_cluster_readahead consider neighbours only; the mark is that of mm/readahead.c. Leap (ATC 2020) finds
/// strides by majority among the last reads.</remarks>
/// <param name="windowPages">The number of slots that are requested together: a power of two.</param>
internal sealed class SlotStreams(int windowPages)
{
    private readonly uint _window = (uint)windowPages;
    private long _last = -1, _stride, _next;
    private bool _isStream;

    /// <summary>The slots to ask for with one that missed, other than itself.</summary>
    public IEnumerable<uint> With(uint slot)
    {
        long stride = _last < 0 ? 0 : slot - _last;
        _isStream = stride != 0 && stride == _stride;
        (_last, _stride) = (slot, stride);
        if (_window == 1) return [];
        uint first = slot & ~(_window - 1);
        IEnumerable<uint> around = Enumerable.Range(0, (int)_window).Select(step => first + (uint)step).Where(other => other != slot);
        if (!_isStream) return around;
        _next = slot + _stride;
        return around.Concat(Continue());
    }

    /// <summary>The next slots of the stream; none if there is none.</summary>
    public IEnumerable<uint> Continue()
    {
        if (!_isStream || _window == 1) return [];
        bool isSequential = Math.Abs(_stride) <= _window;
        long from = _next, step = isSequential ? Math.Sign(_stride) : _stride;
        _next = from + (step * _window);
        _last = _next - _stride;    // what misses after them continues the stream
        return Enumerable.Range(0, (int)_window).Select(index => from + (index * step))
            .Where(static slot => slot is >= 0 and <= uint.MaxValue).Select(static slot => (uint)slot);
    }
}
