using Paging.Core;
using Paging.Native;

namespace Paging.Processors.DirectExecution;

/// <summary>A process of the engine and the stub that maps its memory.</summary>
internal sealed class MirroredSpace
{
    private const uint PagesAround = 16;              // mapped together with a page that faults, if they have been accessed before
    private const uint PagesOfCode = 512;             // the same for a fetch: frames of code mostly follow each other in RAM
    private const int OrdersAtLeast = 18;             // those of PagesAround, one for the time stamps
    private const int MappingCountMax = 16_000;       // a quarter of Linux' vm.max_map_count
    private const uint UserEnd = 0xC000_0000;
    private const int StopsBetweenScans = 16, PagesOfStop = 4;    // a scan of all pages is paid by the stops before it

    private readonly PagingEngine _engine;
    private readonly PageMirror _mirror = new();
    private FrameNumber _directory;
    private readonly LostTranslations _losses;
    private ulong _seenLosses;
    private int _stopsToScan = StopsBetweenScans;
    private PageNumber _shown;
    private AccessKind _shownFor;
    private bool _hidesAll;                           // the pages to unmap are all
    private int _mappingCount;                        // an upper bound of the mappings made since the space was empty
    private readonly TimeStampTrap _stamps;
    private readonly MirrorWords _tables;
    private readonly Func<PageNumber, WalkResult> _peek;
    private readonly Func<PageNumber, ulong> _wordOf;
    private readonly Action<PageNumber, PageNumber, uint> _hide;

    /// <param name="engine">The engine of the process.</param>
    /// <param name="process">The process whose memory is mapped.</param>
    /// <param name="stub">The stub that maps this process's memory, and no other from now on.</param>
    /// <param name="code">Finds instructions that read the time-stamp counter.</param>
    public MirroredSpace(PagingEngine engine, UserProcess process, StubProcess stub, TimeStampCode code)
    {
        (_engine, Process, Stub) = (engine, process, stub);
        (_stamps, _tables) = (new(stub, code), new(engine.Ram, engine.Options.Tables));
        (_peek, _wordOf, _hide) = (Peek, _tables.WordOf, Hide);
        (_directory, _losses) = (process.Memory.PrepareWalk(), process.Memory.Mmu.ShowLosses());
        _seenLosses = _losses.Count;
        OrderToHideAll();    // carried out with the first page
    }

    public UserProcess Process { get; }

    public StubProcess Stub { get; }

    /// <summary>The processor's slice in which it last ran.</summary>
    public long LastSlice { get; set; }

    /// <summary>Orders to unmap or protect what the tables no longer allow. To be called before the stub continues.</summary>
    /// <remarks>
    /// The engine names the pages that have lost something. Every so often all pages are compared, as a host may have changed entries in
    /// RAM itself; a stop's share of that is the same for any number of pages.
    /// </remarks>
    /// <returns>True if pages were compared with the tables.</returns>
    public bool BringUpToDate()
    {
        FrameNumber directory = Process.Memory.PrepareWalk();
        if (Stub.Orders.IsFull && !Stub.TryCarryOut()) OrderToHideAll();
        if (directory == _directory) _stamps.LookAgain(_mirror, _peek);
        if (_stamps.NoteStop() is { Count: > 0 } pages) HideCode(pages);
        bool comparesAll = --_stopsToScan <= 0;
        if (!comparesAll && _losses.Count == _seenLosses && directory == _directory) return false;
        _hidesAll = directory != _directory;    // another program
        _directory = directory;
        _tables.Begin(directory);
        if (!_hidesAll) Compare(comparesAll || _losses.Count - _seenLosses > LostTranslations.Capacity);
        _seenLosses = _losses.Count;
        if (_hidesAll) OrderToHideAll();
        return true;
    }

    /// <summary>Compares all pages with the tables, or those that were lost since the last time.</summary>
    private void Compare(bool all)
    {
        if (all)
        {
            _mirror.Compare(new(default, new PageCount(UserEnd >> VirtualAddress.PageShift)), _wordOf, _hide);
            _stopsToScan = Math.Max(StopsBetweenScans, _mirror.Count / PagesOfStop);
            return;
        }

        PageRange lost = default;
        for (ulong i = _seenLosses; i < _losses.Count; i++)
        {
            PageRange next = _losses[i];
            if (!lost.IsEmpty && lost.End == next.First)    // page by page, as of mprotect: one order for all
            {
                lost = PageRange.Between(lost.First, next.End);
                continue;
            }

            if (!lost.IsEmpty) _mirror.Compare(lost, _wordOf, _hide);
            lost = next;
        }

        _mirror.Compare(lost, _wordOf, _hide);
    }

    /// <summary>Notes that the program has read the time-stamp counter, which is a fault.</summary>
    public void NoteTimeStamp() => _stamps.NoteUse();

    private void HideCode(IReadOnlyList<PageNumber> pages)
    {
        _hidesAll = false;
        foreach (PageNumber page in pages)
        {
            ulong word = PageMirror.WithoutExecutable(_mirror[page]);
            if (word == 0 || word == _mirror[page]) continue;
            _mirror.Set(page, word);
            Hide(page, page + PageCount.One, PageMirror.ProtectionOf(word));
        }

        if (_hidesAll || (Stub.Orders.IsFull && !Stub.TryCarryOut())) OrderToHideAll();
        else _stamps.End();
    }

    /// <summary>Orders to map the page of the next instruction, whose fetch sets A. To be called before the stub continues.</summary>
    /// <remarks>A fetch that the tables refuse faults, like any other.</remarks>
    public void Prepare(VirtualAddress next)
    {
        if (!PageMirror.IsExecutable(_mirror[next.Page]) && CanFetch(next)) Show(next.Page, AccessKind.Fetch);
    }

    private bool CanFetch(VirtualAddress address)
    {
        WalkResult walk = Walk(address, AccessKind.Fetch);
        return walk.Succeeded && walk.Physical.Frame.Value < _engine.Ram.FrameCount.Value;
    }

    /// <summary>Walks the tables as the processor does for an access.</summary>
    public WalkResult Walk(VirtualAddress address, AccessKind kind) =>
        Walker.Walk(_engine.Ram, _engine.Options.Tables, Process.Memory.PrepareWalk(), address, kind, ProcessorMode.User);

    /// <summary>The word of a page in the mirror.</summary>
    public ulong this[PageNumber page] => _mirror[page];

    /// <summary>Orders to map a page after a successful walk, and its neighbours that were accessed before.</summary>
    public void Show(PageNumber page, AccessKind kind)
    {
        if (_mappingCount > MappingCountMax || !(Stub.Orders.HasRoomFor(OrdersAtLeast) || Stub.TryCarryOut())) OrderToHideAll();
        AddAround(page, kind == AccessKind.Fetch);
        (_shown, _shownFor) = (page, kind);
    }

    /// <summary>
    /// Starts again with the page that was shown last, when the host has refused an order: it may have been too many mappings.
    /// </summary>
    /// <returns>False: the host has no room for it.</returns>
    public bool TryStartAgain()
    {
        OrderToHideAll();
        _tables.Begin(_directory);
        ulong word = WordOfItself(_shown, isFetched: _shownFor == AccessKind.Fetch);
        if (word != 0) Add(_shown, 1, word);
        return Stub.TryCarryOut();
    }

    /// <summary>The page that was shown last.</summary>
    public VirtualAddress Shown => _shown.Address;

    private void AddAround(PageNumber page, bool isFetched)
    {
        _tables.Begin(_directory);
        uint pageCount = isFetched ? PagesOfCode : PagesAround;
        PageNumber first = new(page.Value & ~(pageCount - 1)), from = default;
        ulong itself = WordOfItself(page, isFetched), begun = 0, last = 0;
        for (uint i = 0; i < pageCount; i++)
        {
            PageNumber one = new(first.Value + i);
            ulong word = one == page ? itself : WordOfNeighbour(one, isFetched);
            if (begun != 0 && word != 0 && PageMirror.Follows(word, last))
            {
                last = word;
                continue;
            }

            if (begun != 0) AddAround(page, PageRange.Between(from, one), begun);
            (from, begun, last) = (one, word, word);
        }

        if (begun != 0) AddAround(page, PageRange.Between(from, first + new PageCount(pageCount)), begun);
    }

    /// <summary>Orders to map a run of pages, if there is room for it or it has the page that faults.</summary>
    private void AddAround(PageNumber page, PageRange run, ulong word)
    {
        if (run.Contains(page) || Stub.Orders.HasRoomFor(2)) Add(run.First, run.Count.Value, word);
    }

    /// <summary>The word with which the page that faults is to be shown; 0 if it cannot be.</summary>
    private ulong WordOfItself(PageNumber page, bool isFetched)
    {
        ulong word = _tables.WordOf(page);
        if (!isFetched) return PageMirror.WithoutExecutable(word);
        if (word != 0) _stamps.BeforeFetch(page, word, _peek);
        return word;
    }

    /// <summary>The word with which a neighbour is to be shown; 0 if it is not, or already is with the same rights.</summary>
    private ulong WordOfNeighbour(PageNumber page, bool isFetched)
    {
        ulong shown = _mirror[page];
        if (shown != 0 && (!isFetched || PageMirror.IsExecutable(shown))) return 0;
        ulong word = _tables.WordOf(page);
        if (word == 0) return 0;
        word = isFetched ? _stamps.WordOfNeighbour(page, word, _peek) : PageMirror.WithoutExecutable(word);
        return word == shown ? 0 : word;
    }

    private void Add(PageNumber first, uint count, ulong word)
    {
        Stub.Orders.AddMap(first, count, PageMirror.FrameOf(word), PageMirror.ProtectionOf(word));
        for (uint i = 0; i < count; i++) _mirror.Set(new(first.Value + i), word + ((ulong)i << 3));
        _mappingCount++;
    }

    private void Hide(PageNumber first, PageNumber end, uint protection)
    {
        if (Stub.Orders.IsFull && !Stub.TryCarryOut()) _hidesAll = true;    // the host could not cut a mapping in two
        if (protection == 0) Stub.Orders.AddUnmap(first.Address.Value, end.Value << VirtualAddress.PageShift);
        else Stub.Orders.AddProtect(first, end, protection);
        _mappingCount++;    // it may have cut one in two
    }

    private void OrderToHideAll()
    {
        Stub.Orders.Clear();
        Stub.Orders.AddUnmap(0, UserEnd);
        _stamps.Forget();
        _mirror.Clear();
        _mappingCount = 0;
    }

    public WalkResult Peek(PageNumber page) => Walker.Peek(_engine.Ram, _engine.Options.Tables, _directory, page);
}
