using Paging.Core;
using Paging.Core.Composition;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Windows.Allocations;
using Paging.Windows.Caching;
using Paging.Windows.Calls;
using Paging.Windows.Entries;
using Paging.Windows.Faults;
using Paging.Windows.Pfn;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;
using Paging.Windows.Vads;
using Paging.Windows.Verification;
using Paging.Windows.WorkingSets;

namespace Paging.Windows;

/// <summary>Builds every part of the Windows side of an engine, on the engine's own parts, bottom up.</summary>
internal sealed class WindowsParts : IDisposable, ISpaceWork
{
    private readonly Type _owner;
    private bool _isDisposed;

    /// <param name="core">The engine's own parts.</param>
    /// <param name="owner">The object that an exception names if a call comes after the end.</param>
    public WindowsParts(EngineParts core, Type owner)
    {
        _owner = owner;
        Core = core;
        VadRecords = new(core.Machine.Injection);
        ViewRecords = new(core.Machine.Injection);
        TrieNodes = new(core.Machine.Injection);
        Sections = new(core.Files.OpenFiles);
        States = new(core.Machine.Frames, ViewRecords, Sections);
        Pfn = new(core.Machine, core.Files);
        Transitions = new(core, Pfn);
        WorkingSets = new(core, Pfn, Transitions);
        Pages = new(core, States, Transitions);
        Vads = new(core, VadRecords, ViewRecords, Sections, Pages);
        Audit = new(core, ViewRecords, Sections, States);
        PrivateFaults = new(core, Transitions);
        ViewFaults = new(core, ViewRecords, Sections, PrivateFaults);
        Faults = new(core, States, Pfn, PrivateFaults, ViewFaults, new(core, States, Pages, Vads));
        Calls = new(core, this);
        Cache = new(core);
        core.Faults.ResolveForeignBy(Faults);
        core.Reclaim.Pressure.ReleaseFirst(Transitions);    // last: both may be called as soon as they are registered
    }

    public EngineParts Core { get; }
    public NativeSlab<Vad> VadRecords { get; }
    public NativeSlab<View> ViewRecords { get; }
    public RadixForest TrieNodes { get; }
    public SectionTable Sections { get; }
    public PageStates States { get; }
    public PfnDatabase Pfn { get; }
    public TransitionPages Transitions { get; }
    public WorkingSetManager WorkingSets { get; }
    public PageWork Pages { get; }
    public VadStore Vads { get; }
    public WindowsAudit Audit { get; }
    public PrivateFault PrivateFaults { get; }
    public ViewFault ViewFaults { get; }
    public WindowsFaults Faults { get; }
    public WindowsCalls Calls { get; }
    public CacheManager Cache { get; }

    /// <summary>The spaces of processes that run.</summary>
    public List<WindowsSpace> Spaces { get; } = [];

    /// <summary>True for a process that has memory calls of Windows, and runs.</summary>
    public bool IsOf(UserProcess process) => Spaces.Exists(space => space.Space.ProcessId == process.Id);

    /// <summary>Starts every call: checks the thread, the engine, and that the machine has not been disposed of.</summary>
    public void Enter()
    {
        Core.Machine.Callers.Enter();
        ThrowIfDisposed();
    }

    /// <summary>For calls that the engine checks itself.</summary>
    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, _owner);

    /// <summary>Makes the space of a process, with an empty tree of allocations.</summary>
    public WindowsSpace MakeSpace(Space space, UserRange user)
    {
        VadTree vads = new(VadRecords, TrieNodes, Core.Machine.Areas.TrieFromAreas);
        WindowsSpace made = new(this, vads, ViewRecords, Core.Machine.Frames, space) { User = user };
        Spaces.Add(made);
        return made;
    }

    /// <summary>A page is locked: notes it for the reverse map, if the page is of a view.</summary>
    public void LockView(WindowsSpace space, PageNumber page)
    {
        if (space.Vads[space.Vads.Covering(page)].View is var view and not 0)
            Core.Machine.Areas.Slab[ViewRecords[view].Area].Flags |= AreaFlags.Locked;
    }

    void ISpaceWork.DropCached(WindowsSpace space, PageRange range) => Pages.DropCached(space, range);

    bool ISpaceWork.TryProtectionOf(WindowsSpace space, PageNumber page, out ProtectionCode protection)
    {
        VadIndex index = space.Vads.Covering(page);
        PageState state = index.IsNone ? default : States.Of(space.Vads[index], page, WindowsEntry.From(space.Space.Tables.Read(page)));
        protection = state.Protection;
        return state.IsCommitted;
    }

    IEnumerable<AreaSnapshot> ISpaceWork.Describe(WindowsSpace space) => AllocationAreas.Of(Calls.Query, States, space);

    void ISpaceWork.End(WindowsSpace space)
    {
        Vads.RemoveAll(space);
        Sections.CloseAll(space.Space.ProcessId);
        Spaces.Remove(space);
    }

    long ISpaceWork.Audit(WindowsSpace space, AuditReport report) => Audit.Run(space, report);

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        Core.Faults.ResolveForeignBy(null);
        Core.Reclaim.Pressure.ReleaseFirst(null);
        foreach (WindowsSpace space in Spaces)
        {
            space.Written?.Dispose();
            space.Locked?.Dispose();
        }

        Sections.Dispose();
        ViewRecords.Dispose();
        TrieNodes.Dispose();
        VadRecords.Dispose();
    }
}
