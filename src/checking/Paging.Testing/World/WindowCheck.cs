using Paging.Core;
using Paging.Native;

namespace Paging.Testing.World;

/// <summary>
/// Keeps a window open for each process of an engine. After each call compares what the host has mapped there with the page tables, then
/// shows every page that was accessed, and reads all of it.
/// </summary>
/// <remarks>
/// Reads /proc/self/maps and the words of the page tables, nothing that the window has noted: an error of its own cannot hide. Changes no
/// entry, so that a recording gives the same results with windows as without. Cost: O(pages of all processes) and a few hundred µs.
/// </remarks>
/// <param name="engine">An engine that shares its RAM.</param>
internal sealed class WindowCheck(PagingEngine engine) : IDisposable
{
    private const int PageBytes = (int)VirtualAddress.PageSize;
    private const ulong Present = 1, Writable = 2, User = 4, Accessed = 0x20, Dirty = 0x40, Large = 0x80;

    private readonly Dictionary<UserProcess, MemoryWindow> _windows = [];
    private HostMapping[] _mappings = [];

    /// <summary>True if this host can have windows.</summary>
    public static bool IsPossible =>
        OperatingSystem.IsLinux() && Environment.Is64BitProcess && Environment.SystemPageSize == VirtualAddress.PageSize;

    /// <summary>The number of pages that were read through windows.</summary>
    public long ReadCount { get; private set; }

    /// <summary>The window of a process.</summary>
    public MemoryWindow this[UserProcess process] => _windows[process];

    /// <summary>Compares, shows and reads. Returns the first thing that is wrong, or null.</summary>
    public string? Run()
    {
        _mappings = HostMapping.ReadAll(IsInWindow);
        foreach ((UserProcess process, MemoryWindow window) in _windows)
            if (Compare(process, window) is { } failure) return failure;
        Update();
        foreach ((UserProcess process, MemoryWindow window) in _windows) Show(process, window);
        _mappings = HostMapping.ReadAll(IsInWindow);
        foreach ((UserProcess process, MemoryWindow window) in _windows)
            if ((Compare(process, window) ?? Read(process, window)) is { } failure) return failure;
        return null;
    }

    /// <summary>Same as <see cref="Run"/>, and the engine recounts itself before and after.</summary>
    public string? RunWithAudits() => Audit() ?? Run() ?? Audit();

    public void Dispose()
    {
        foreach (MemoryWindow window in _windows.Values) window.Dispose();
        _windows.Clear();
    }

    private void Update()
    {
        foreach ((UserProcess process, MemoryWindow window) in _windows.ToArray())
        {
            if (!process.HasExited) continue;
            window.Dispose();
            _windows.Remove(process);
        }

        foreach (UserProcess process in engine.Processes)
            if (!process.HasExited && !_windows.ContainsKey(process)) _windows.Add(process, process.OpenWindow());
    }

    private string? Audit() => engine.Audit() is { IsClean: false } report ? report.Findings[0].ToString() : null;

    private bool IsInWindow(ulong address)
    {
        foreach (MemoryWindow window in _windows.Values)
            if (address - (ulong)window.Start < 1UL << 32) return true;
        return false;
    }

    private IEnumerable<HostMapping> MappingsOf(MemoryWindow window) =>
        _mappings.Where(mapping => mapping.Start - (ulong)window.Start < 1UL << 32);

    private string? Compare(UserProcess process, MemoryWindow window)
    {
        foreach (HostMapping mapping in MappingsOf(window))
        {
            for (ulong at = mapping.Start; at < mapping.End; at += PageBytes)
            {
                PageNumber page = PageAt(window, at);
                ulong frame = mapping.IsOfFile ? (mapping.Offset + at - mapping.Start) / PageBytes : 0;
                ulong entry = process.HasExited ? 0 : EntryOf(process, page);
                ulong needed = Present | User | Accessed | (mapping.IsWritable ? Writable | Dirty : 0);
                if ((entry & needed) != needed || (entry >> VirtualAddress.PageShift & 0xFF_FFFF) != frame)
                    return $"process {process.Id}, page {page.Value:x5}: the host shows frame {frame:x5} "
                        + $"{(mapping.IsWritable ? "rw" : "r-")}, and the entry is {entry:x8}";
            }
        }

        return null;
    }

    private void Show(UserProcess process, MemoryWindow window)
    {
        bool isWide = engine.Options.Tables == TableFormat.Pae;
        uint inTable = isWide ? 512u : 1024;
        HashSet<(uint, AccessKind)> shown = ShownIn(window);
        for (uint first = 0; first < PageCount.AddressSpace.Value; first += inTable)
        {
            if ((UpperOf(process, new(first)) & Present) == 0) continue;    // lent tables, too: an access would copy them
            for (PageNumber page = new(first); page.Value < first + inTable; page += PageCount.One)
            {
                ulong entry = EntryOf(process, page);
                if ((entry & (Present | User | Accessed)) != (Present | User | Accessed)) continue;
                AccessKind access = (entry & (Writable | Dirty)) == (Writable | Dirty) ? AccessKind.Write : AccessKind.Read;
                if (!shown.Contains((page.Value, access))) _ = window.Resolve(window.Start + (nint)page.Address.Value, access, out _);
            }
        }
    }

    private HashSet<(uint Page, AccessKind Access)> ShownIn(MemoryWindow window)
    {
        HashSet<(uint, AccessKind)> shown = [];
        foreach (HostMapping mapping in MappingsOf(window))
            for (ulong at = mapping.Start; at < mapping.End; at += PageBytes)
                shown.Add((PageAt(window, at).Value, mapping.IsWritable ? AccessKind.Write : AccessKind.Read));
        return shown;
    }

    // SAFETY: the host has the mapping, and nothing changes it meanwhile.
    private unsafe string? Read(UserProcess process, MemoryWindow window)
    {
        foreach (HostMapping mapping in MappingsOf(window))
        {
            for (ulong at = mapping.Start; at < mapping.End; at += PageBytes)
            {
                PageNumber page = PageAt(window, at);
                FrameNumber frame = new((uint)(EntryOf(process, page) >> VirtualAddress.PageShift) & 0xFF_FFFF);
                ReadCount++;
                if (!new ReadOnlySpan<byte>((void*)at, PageBytes).SequenceEqual(engine.Ram.Bytes(frame)))
                    return $"process {process.Id}, page {page.Value:x5}: the window has other bytes than frame {frame}";
            }
        }

        return null;
    }

    private static PageNumber PageAt(MemoryWindow window, ulong at) =>
        new((uint)((at - (ulong)window.Start) >> VirtualAddress.PageShift));

    /// <summary>The entry of a page with the rights that both levels give, from the words in RAM.</summary>
    /// <remarks>A table that a fork has lent has no P in the directory, and its entries are the parent's as before.</remarks>
    private ulong EntryOf(UserProcess process, PageNumber page)
    {
        bool isWide = engine.Options.Tables == TableFormat.Pae;
        ulong upper = UpperOf(process, page);
        uint index = page.Value & (isWide ? 511u : 1023);
        ulong entry = (upper & Large) != 0
            ? upper + ((ulong)index << VirtualAddress.PageShift)
            : upper != 0 && FrameOf(upper).Value < engine.Ram.FrameCount.Value ? Word(FrameOf(upper), index, isWide) : 0;
        return entry & (upper | ~(Writable | User));
    }

    private ulong UpperOf(UserProcess process, PageNumber page)
    {
        bool isWide = engine.Options.Tables == TableFormat.Pae;
        FrameNumber root = process.Memory.PrepareWalk();
        if (isWide) root = FrameOf(Word(root, page.Value >> 18, isWide));
        return Word(root, isWide ? (page.Value >> 9) & 511 : page.Value >> 10, isWide);
    }

    private ulong Word(FrameNumber frame, uint index, bool isWide)
    {
        ReadOnlySpan<uint> words = engine.Ram.Words(frame);
        return isWide ? words[(int)(2 * index)] | ((ulong)words[(int)(2 * index) + 1] << 32) : words[(int)index];
    }

    private static FrameNumber FrameOf(ulong word) => new((uint)(word >> VirtualAddress.PageShift) & 0xFF_FFFF);
}
