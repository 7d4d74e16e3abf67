using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Core.Files;
using Paging.Core.Snapshots;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Windows.Allocations;
using Paging.Windows.Caching;
using Paging.Windows.Reports;
using Paging.Windows.Saving;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;

namespace Paging.Windows;

/// <summary>
/// The Windows side of an engine: processes with Windows' memory calls, on the frames, page cache and swap of the engine.
/// </summary>
/// <remarks>
/// Processes of Linux (<see cref="PagingEngine.CreateProcess(string)"/>) live beside them and compete for the same RAM. Swap devices of the
/// engine are the page files. Commitment is strict for Windows: RAM and page files together, in every overcommit mode of Linux.
/// Dispose the machine before or after its engine.
/// Not thread-safe; see <see cref="PagingEngine"/>.
/// </remarks>
public sealed class WindowsMachine : IDisposable
{
    private static readonly ConditionalWeakTable<PagingEngine, WindowsMachine> Known = [];

    private readonly WindowsParts _parts;
    private WindowsMachine(PagingEngine engine)
    {
        engine.CheckCaller();
        Engine = engine;
        _parts = new(engine.Parts, typeof(WindowsMachine));
        Threads = new(_parts);
        UserData = new(engine, engine.Parts, _parts.Sections);
    }

    /// <summary>The engine.</summary>
    public PagingEngine Engine { get; }

    /// <summary>The page writers, the balance set manager and the zero page thread: they work when they are called.</summary>
    public SystemThreads Threads { get; }

    /// <summary>The page that all processes can read: time and version.</summary>
    public SharedUserData UserData { get; }

    /// <summary>
    /// The boot option /3GB (increaseuserva): processes of images that are large-address-aware have 3 GB. Set it before they are made.
    /// </summary>
    public bool HasLargeUserRange { get; set; }

    /// <summary>The views of 256 KB through which files are read and written.</summary>
    public CacheManager Cache => _parts.Cache;

    internal WindowsParts Parts => _parts;

    /// <summary>Returns the Windows side of an engine. It is made at the first request.</summary>
    public static WindowsMachine Of(PagingEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return Known.GetValue(engine, static one => new(one));
    }

    /// <summary>Creates a process with an empty user half: 2 GB, or 3 GB.</summary>
    /// <param name="name">The name in reports.</param>
    /// <param name="arena">
    /// The pages that allocations may take, in whole granules of 64 KB; null for all but those that the system has. The rest is reserved.
    /// </param>
    /// <param name="isLargeAddressAware">
    /// The image is marked as able to use addresses above 2 GB. It gets them if <see cref="HasLargeUserRange"/>.
    /// </param>
    /// <exception cref="ArgumentException">The arena is not of whole granules, or not in the user half.</exception>
    /// <exception cref="InvalidOperationException">
    /// RAM has no frame for its page directory, or the host no memory for its records.
    /// </exception>
    public WindowsProcess CreateProcess(string name, PageRange? arena = null, bool isLargeAddressAware = false)
    {
        _parts.Enter();
        UserRange user = HasLargeUserRange && isLargeAddressAware ? UserRange.Large : UserRange.Standard;
        PageRange given = arena ?? PageRange.Between(UserRange.Lowest, user.End);    // the first 64 KB are never given out (rule 1)
        bool isAligned = ((given.First.Value | given.End.Value) & (UserRange.GranulePages - 1)) == 0;
        bool wraps = given.End < given.First;
        if (given.IsEmpty || !isAligned || wraps || given.First < UserRange.Lowest || given.End > user.End)
            throw new ArgumentException($"An arena has whole granules of 64 KB between 0x10000 and {user.End.Address}.", nameof(arena));
        WindowsProcess process = MakeProcess(name, user);
        if (UserData.TryMake() && TryReserveOutside(process.Space, given)) return process;
        process.Dispose();
        throw new NoMemoryException("Cannot create a process: there is no memory for its records.");
    }

    /// <summary>Writes all its processes as they are now, with the sections that they use.</summary>
    /// <param name="stream">
    /// Receives allocations, pages with their protections, guards and written marks, sections with their names, handles, working sets, the
    /// clock of <see cref="UserData"/>, the host's states (<see cref="UserProcess.HostState"/>), and marks of byte shadows. Of sections of
    /// the page file and of memory files it has the bytes; other files are saved by name.
    /// </param>
    /// <param name="pages">As for <see cref="Snapshot.Save"/>.</param>
    /// <param name="nameOf">As for <see cref="Snapshot.Save"/>: a memory file with a name is supplied by the caller of <see cref="Load"/>.
    /// </param>
    /// <remarks>
    /// A process of Windows has no snapshot to go to, so the form has the state of this moment. <see cref="WindowsProcess.Save"/> writes
    /// one process. Not saved: files that the host has opened (<see cref="OpenFile"/>), the ages of pages, groups, and what observes.
    /// Cost: O(touched pages). Exceptions of the stream and of the sink reach the caller.
    /// </remarks>
    /// <exception cref="NotSupportedException">Two files that are saved by name have the same one.</exception>
    /// <exception cref="NoMemoryException">There is no frame to read a page of a page file into.</exception>
    /// <exception cref="IOException">The stream, or a page file, has failed.</exception>
    public void Save(Stream stream, Action<ReadOnlySpan<byte>>? pages = null, Func<int, string?>? nameOf = null) =>
        SaveThose(stream, pages, nameOf, only: null);

    /// <summary>Creates the processes of the output of <see cref="Save"/>, in this machine or another one.</summary>
    /// <param name="stream">A stream to read from.</param>
    /// <param name="openFile">
    /// Finds a file by its saved name; called once for each name. The sections hold what it returns. Null, or a result of null: there is
    /// none.
    /// </param>
    /// <returns>The processes, in the order in which they were made. All of them are made, or none.</returns>
    /// <remarks>
    /// They have new numbers, their old addresses and handles, and the group without a limit. Memory that they shared is shared among them
    /// alone. Pages that were in their working sets are there again; those that were not are in transition. A machine without processes
    /// gets the saved clock. Cost: O(touched pages).
    /// </remarks>
    /// <exception cref="InvalidDataException">The stream has no such processes, those of a newer version, or damaged ones.</exception>
    /// <exception cref="FileNotFoundException">A section is of a file that the caller does not find.</exception>
    /// <exception cref="ArgumentException">
    /// The caller gives a file of another engine, or one that is shorter than a section of it.
    /// </exception>
    /// <exception cref="InvalidOperationException">The machine has a section of a saved name already.</exception>
    /// <exception cref="NoMemoryException">The engine has too little memory, or the pages cannot be committed.</exception>
    public IReadOnlyList<WindowsProcess> Load(Stream stream, Func<string, GuestFile?>? openFile = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using SlowPathHold hold = _parts.Core.Machine.Callers.Hold();
        return LoadAll(stream, openFile, farPages: null);
    }

    /// <summary>Same as <see cref="Load"/>, but private pages are read when they are touched.</summary>
    /// <param name="stream">The stream that was written.</param>
    /// <param name="pages">Holds the pages as slots, in the order in which they were saved. The engine disposes it.</param>
    /// <param name="device">The store as a page file, which no page is written to. Null if there are no pages.</param>
    /// <param name="openFile">As for <see cref="Load"/>.</param>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>; or the store has fewer pages than the stream names.</exception>
    /// <exception cref="InvalidOperationException">As <see cref="Load"/>; or there are 16 swap devices.</exception>
    public IReadOnlyList<WindowsProcess> Resume(
        Stream stream, ISwapStore pages, out SwapDevice? device, Func<string, GuestFile?>? openFile = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(pages);
        using SlowPathHold hold = _parts.Core.Machine.Callers.Hold();
        device = null;
        if (pages.SlotCount == 0)    // swapon refuses a device without slots
        {
            pages.Dispose();
            return LoadAll(stream, openFile, farPages: null);
        }

        device = Engine.SavedProcesses.OpenPages(pages);
        try
        {
            return LoadAll(stream, openFile, device);
        }
        catch
        {
            Engine.Swap.SwitchOff(device);    // the failed processes have given back their slots
            throw;
        }
    }

    /// <summary>Opens a file of the engine for Windows processes: CreateFile without share modes.</summary>
    /// <remarks>The file stays the caller's to dispose of; sections keep its pages as long as they live.</remarks>
    /// <param name="file">The file.</param>
    /// <param name="rights">The rights that the process asks for.</param>
    /// <param name="caching">How its bytes are cached.</param>
    public WindowsFile OpenFile(GuestFile file, FileAccessRights rights, FileCaching caching = FileCaching.None)
    {
        const FileCaching hints = FileCaching.SequentialScan | FileCaching.RandomAccess;
        const FileCaching known = hints | FileCaching.NoBuffering | FileCaching.WriteThrough;
        if ((caching & ~known) != 0) throw new ArgumentOutOfRangeException(nameof(caching), caching, "Not a flag of caching.");
        ArgumentNullException.ThrowIfNull(file);
        _parts.ThrowIfDisposed();
        if (!Engine.Owns(file)) throw new ArgumentException("The file belongs to another engine.", nameof(file));
        return new(this, file, rights, caching);
    }

    /// <summary>The pages that are committed in all, Linux' share included, and the most that may be: RAM and page files.</summary>
    public (long Committed, long Limit) Commitment =>
        (_parts.Core.Machine.Commitment.Committed, Engine.Ram.FrameCount.Value + _parts.Core.Files.Swap.TotalSlots);

    /// <summary>Describes the sections in use.</summary>
    public IEnumerable<SectionSnapshot> Sections
    {
        get
        {
            _parts.Enter();
            return [.. _parts.Sections.Alive.Where(section => section != UserData.Section).Select(SectionSnapshot.Of)];
        }
    }

    /// <summary>Describes every frame as the PFN database records it. Cost: O(RAM).</summary>
    public PfnSnapshot TakePfnSnapshot()
    {
        _parts.Enter();
        return PfnSnapshot.Of(_parts);
    }

    /// <summary>
    /// Recounts the sections of the machine. <see cref="PagingEngine.Audit"/> recounts its processes and everything else.
    /// </summary>
    public AuditReport Audit()
    {
        _parts.Enter();
        AuditReport report = new();
        _parts.VadRecords.Audit(report);
        _parts.ViewRecords.Audit(report);
        Dictionary<uint, uint> views = [];
        HashSet<uint> held = [];
        long live = 0;
        foreach (WindowsSpace space in _parts.Spaces)
        {
            live += space.Vads.Count;
            AddHeld(space, held);
            for (VadIndex at = space.Vads.First; at.IsSome; at = space.Vads.Next(at))
            {
                if (space.Vads[at].View is var view and not 0)
                    // A section lives as long as its views, so that each must count the same
                    views[_parts.ViewRecords[view].Section] = views.GetValueOrDefault(_parts.ViewRecords[view].Section) + 1;
            }
        }

        report.AddIfDifferent("I1", "VADs of all processes", live, _parts.VadRecords.LiveCount);
        report.AddIfDifferent("I3", "views of all processes", views.Values.Sum(static count => count), _parts.ViewRecords.LiveCount);
        _parts.Sections.Audit(views, report);
        _parts.Pfn.Audit(held, report);
        _parts.Cache.Views.Audit(report);
        return report;
    }

    /// <summary>Ends its processes and returns native memory to the host. The engine continues, with the processes of Linux.</summary>
    /// <exception cref="InvalidOperationException">Another thread has the engine, or one of its callbacks is running.</exception>
    public void Dispose()
    {
        if (!_parts.Core.Machine.Callers.IsClosed)
        {
            _parts.Core.Machine.Callers.Enter();
            // First: their views still need the sections
            foreach (UserProcess process in Engine.Processes.Where(process => _parts.IsOf(process)).ToArray()) process.Dispose();
            UserData.End();
        }

        Known.Remove(Engine);
        _parts.Dispose();
    }

    /// <summary>The work of <see cref="Save"/> and <see cref="WindowsProcess.Save"/>.</summary>
    /// <param name="stream">As for <see cref="Save"/>.</param>
    /// <param name="pages">As for <see cref="Save"/>.</param>
    /// <param name="nameOf">As for <see cref="Save"/>.</param>
    /// <param name="only">The process to save; null: all.</param>
    internal void SaveThose(Stream stream, Action<ReadOnlySpan<byte>>? pages, Func<int, string?>? nameOf, WindowsSpace? only)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using SlowPathHold hold = _parts.Core.Machine.Callers.Hold();
        _parts.Enter();
        WindowsSpace[] spaces = only is null ? [.. _parts.Spaces] : [only];
        Dictionary<int, string> names = Engine.Processes.ToDictionary(static process => process.Id, static process => process.Name);
        new WindowsFormWriter(_parts, new(stream, pages, IsImage: false), nameOf).Write(
            spaces, [.. spaces.Select(space => names[space.Space.ProcessId])], UserData.Clock, UserData.Section);
    }

    internal long LengthNeededOf(GuestFile file) => _parts.Sections.LengthNeededOf(file.Object);

    private List<WindowsProcess> LoadAll(Stream stream, Func<string, GuestFile?>? openFile, SwapDevice? farPages)
    {
        _parts.Enter();
        using WindowsFormReader reader = new(_parts, stream, farPages);
        reader.ReadHeader();    // with the checksum, before there is a process
        reader.Resolve(name => ObjectOf(openFile?.Invoke(name)));
        _parts.Enter();    // the caller's code has run
        bool isFirst = _parts.Spaces.Count == 0;
        List<WindowsProcess> made = [];
        try
        {
            if (!UserData.TryMake()) throw SavedAreas.NoMemory();
            reader.MakeSections();
            foreach (SavedWindowsProcess saved in reader.Form.Processes)
            {
                made.Add(MakeProcess(saved.Name, saved.User));
                ShadowTree? shadow = reader.Fill(saved, made[^1].Space, UserData.Section!);
                if (shadow is not null) ByteShadow.Begin(made[^1].User.Memory, shadow);
                if (saved.HostState is { } state) made[^1].User.LoadHostState(state);
            }

            reader.Finish();
        }
        catch
        {
            foreach (WindowsProcess process in made) process.Dispose();    // before the sections, which their views need
            throw;
        }

        if (isFirst) UserData.Load(reader.Form.Clock);
        return made;
    }

    private FileObject? ObjectOf(GuestFile? file)
    {
        if (file is not null && !Engine.Owns(file)) throw new ArgumentException("The file belongs to another engine.", nameof(file));
        return file?.Object is { IsAlive: true } found ? found : null;
    }

    /// <summary>Makes a process without allocations.</summary>
    private WindowsProcess MakeProcess(string name, UserRange user)
    {
        UserProcess process = Engine.CreateProcess(name);
        WindowsSpace space = _parts.MakeSpace(process.Memory.Space, user);
        process.OutOfMemoryScore = -1000;    // Windows ends no process for want of memory: its commitment is backed
        process.Memory.Space.Foreign = space;
        process.Memory.Space.Tables.HasForeignWords = true;
        space.LowestRoom = UserRange.Lowest;
        return new(this, process, space);
    }

    /// <summary>Adds the frames that transition entries of a process name.</summary>
    private static void AddHeld(WindowsSpace space, HashSet<uint> held)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Space.Tables.TouchedIn(PageRange.Between(default, UserRange.EndOfAll)))
        {
            if (!entry.IsPresent && space.FrameOf(entry) is { Value: not 0 } frame) held.Add(frame.Value);    // 0: not in transition
        }
    }

    /// <summary>Reserves everything outside the arena, so that no call finds room there, and maps the shared user page.</summary>
    private bool TryReserveOutside(WindowsSpace space, PageRange arena)
    {
        PageRange shared = new(SharedUserData.Address.Page, PageCount.One), probe = new(space.User.End, new(UserRange.GranulePages));
        PageRange granule = new(shared.First, new(UserRange.GranulePages));
        VadFlags page = VadFlags.View(Entries.ProtectionCode.TryFrom(PageProtection.ReadOnly, out var code) ? code : default);
        return TryReserve(space, UserRange.Lowest, arena.First, granule) && TryReserve(space, arena.End, probe.End, granule)
            && _parts.Vads.TryAddView(space, shared, page.WithNoChange(), UserData.Section!, pageOffset: 0)
            && TryReserve(space, shared.End, granule.End, default);
    }

    /// <summary>Takes pages but those of a granule.</summary>
    private static bool TryReserve(WindowsSpace space, PageNumber first, PageNumber end, PageRange except)
    {
        if (first >= end) return true;
        if (except.First < end && first < except.End)
            return TryReserve(space, first, except.First, default) && TryReserve(space, except.End, end, default);
        VadFlags outside = VadFlags.Private(Entries.ProtectionCode.NoAccess).WithNoChange();
        return VadStore.TryAddPrivate(space, PageRange.Between(first, end), outside, out _);
    }
}
