using System.Buffers;
using System.Diagnostics;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core;

/// <summary>
/// A range of a process's memory as one run of the host's addresses, for reading: the byte at guest address a is at
/// <c>start + (a - first)</c>. See <see cref="UserProcess.OpenFlatView"/>.
/// </summary>
/// <remarks>
/// <para>
/// The view shows the frames that were present at the last <see cref="Refresh"/>: what the guest stores into them is seen at once. All
/// other pages are zeros: those that were never touched, without right to read, on a swap device or not read from their file, of a device,
/// of memory of the host, and of an image. Touch pages of files and of swap first, for example with
/// <see cref="MemoryAdvice.PopulateRead"/>.
/// </para>
/// <para>
/// <see cref="IsCurrent"/> is false once a page may have another frame than the view shows; its old frame may hold anything then. Pages
/// that were added since are zeros until the next refresh. A read through the view faults nothing, sets no accessed bit, and passes
/// watchpoints, shadows and policies.
/// </para>
/// <para>
/// Cost: a read is one of an array. A refresh is a pass over the touched pages of the range, and a call of the host for each run of changed
/// pages that lie side by side in RAM (docs/EMBEDDING.md has figures). A view makes at most some 16,000 mappings of the host's.
/// Threading: as spans, until the next <see cref="VirtualProcessor.Poll"/> of the reading thread.
/// </para>
/// </remarks>
[DebuggerDisplay("{Range}, {HiddenPages} hidden")]
public sealed class FlatView : IDisposable
{
    private const int MappingCountMax = 16_000;    // a quarter of Linux' vm.max_map_count, at which the host's own allocations fail

    private readonly AddressSpace _memory;
    private readonly Space _space;
    private readonly FlatPages _pages;
    private readonly uint[] _shown;    // the frame of each page; 0, which is the zero page's, for zeros
    private ulong _epoch;
    private int _mappingCount = 1;     // of the host, which joins neighbours whose frames follow one another
    private bool _isDisposed;

    internal FlatView(UserProcess process, PageRange range)
    {
        (_memory, _space, Range) = (process.Memory, process.Space, range);
        _pages = new(_memory.Mmu.Ram, range.Count);
        _shown = new uint[range.Count.Value];
        Update();
    }

    /// <summary>The pages that the view covers.</summary>
    public PageRange Range { get; }

    /// <summary>The number of pages that were present at the last refresh and that the view cannot show: it has zeros there.</summary>
    /// <remarks>Of memory of the host or of an image; or the view has as many mappings as it may.</remarks>
    public PageCount HiddenPages { get; private set; }

    /// <summary>True while each page that the view shows is still the process's page.</summary>
    public bool IsCurrent =>
        !_isDisposed && ReferenceEquals(_memory.Space, _space) && _space.IsLive && _space.Translations.Epoch == _epoch;

    /// <summary>Shows the pages that are present now.</summary>
    /// <exception cref="ObjectDisposedException">The view was disposed, or the process has exited.</exception>
    public void Refresh()
    {
        using SlowPathHold hold = _memory.HoldOfAnySystem();
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        Update();
    }

    /// <summary>Bytes of the view, as of the last refresh. Must not be used after <see cref="Dispose"/>.</summary>
    /// <param name="start">The guest address of the first one.</param>
    /// <param name="byteLength">Their number.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not all of them lie in <see cref="Range"/>.</exception>
    /// <exception cref="ObjectDisposedException">The view was disposed.</exception>
    public ReadOnlySpan<byte> Bytes(VirtualAddress start, int byteLength)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ulong offset = (ulong)start.Value - Range.First.Address.Value;
        if (offset > Range.Count.Bytes || byteLength < 0 || (ulong)byteLength > Range.Count.Bytes - offset)
            throw new ArgumentOutOfRangeException(nameof(start), start, $"{byteLength} bytes there are not all in the view of {Range}.");
        return _pages.BytesAt(offset, byteLength);
    }

    /// <summary>The first byte, for code that reads through a pointer. The addresses stay until the handle is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The view was disposed.</exception>
    public MemoryHandle Pin()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _pages.Pin();
    }

    /// <summary>Gives the addresses back, once no handle of <see cref="Pin"/> is left.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _pages.Dispose();
    }

    private void Update()
    {
        _epoch = _space.Translations.Epoch;
        uint frames = _memory.Mmu.Ram.FrameCount.Value;
        Run run = new(this);
        int next = 0, present = 0;
        foreach ((PageNumber page, PageTableEntry entry) in _space.Tables.TouchedIn(Range))
        {
            int index = (int)(page.Value - Range.First.Value);
            run.HideShown(next, index);
            FrameNumber frame = entry.IsPresent && entry.IsUser ? entry.Frame : EntryWords.ZeroFrame;
            if (frame != EntryWords.ZeroFrame) present++;
            run.Add(index, frame.Value < frames ? frame.Value : 0);    // images and memory of the host lie beyond the end of RAM
            next = index + 1;
        }

        run.HideShown(next, _shown.Length);
        run.Flush();
        int zeros = _shown.AsSpan().Count(0u);
        HiddenPages = new((uint)(present - (_shown.Length - zeros)));
    }

    private void Show(int first, int count, uint frame)
    {
        // One in the middle of another makes three of it.
        bool isShown = frame != 0 && _mappingCount <= MappingCountMax - 2
            && _pages.TryShow(new((uint)first), new((uint)count), new(frame));
        if (isShown) Note(first, count, frame);
        else Hide(first, count);
    }

    // What was shown there is the process's page no longer. To hide all of the view leaves one mapping.
    private void Hide(int first, int count)
    {
        if (_shown.AsSpan(first, count).IndexOfAnyExcept(0u) < 0) return;
        if (_mappingCount <= 2 * MappingCountMax && _pages.TryHide(new((uint)first), new((uint)count)))
        {
            Note(first, count, 0);
            return;
        }

        if (!_pages.TryHide(PageCount.Zero, Range.Count)) throw new InvalidOperationException("The host does not unmap the view.");
        _shown.AsSpan().Clear();
        _mappingCount = 1;
    }

    private void Note(int first, int count, uint frame)
    {
        _mappingCount -= CountBorders(first, count);
        for (int i = 0; i < count; i++) _shown[first + i] = frame == 0 ? 0 : frame + (uint)i;
        _mappingCount += CountBorders(first, count);
    }

    /// <summary>Counts the pages, from the first one to the one after the last, that begin a mapping of the host.</summary>
    private int CountBorders(int first, int count)
    {
        int borders = 0;
        for (int i = Math.Max(first, 1); i <= first + count && i < _shown.Length; i++)
        {
            uint before = _shown[i - 1];
            if (_shown[i] != (before == 0 ? 0 : before + 1)) borders++;
        }

        return borders;
    }

    /// <summary>Changed pages that one call of the host shows or hides: their frames follow one another, or they have none.</summary>
    private ref struct Run(FlatView view)
    {
        private int _first, _count;
        private uint _frame;

        /// <summary>Adds a page, if it shows something else yet.</summary>
        public void Add(int index, uint frame)
        {
            if (view._shown[index] == frame) return;
            bool follows = _count != 0 && index == _first + _count && frame == (_frame == 0 ? 0 : _frame + (uint)_count);
            if (!follows)
            {
                Flush();
                (_first, _frame) = (index, frame);
            }

            _count++;
        }

        /// <summary>Adds the pages of a gap between touched ones that still show a frame.</summary>
        public void HideShown(int from, int end)
        {
            while (from < end)
            {
                int shown = view._shown.AsSpan(from, end - from).IndexOfAnyExcept(0u);
                if (shown < 0) return;
                from += shown;
                Add(from++, 0);
            }
        }

        public void Flush()
        {
            if (_count != 0) view.Show(_first, _count, _frame);
            _count = 0;
        }
    }
}
