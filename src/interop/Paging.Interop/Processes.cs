using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Windows;

namespace Paging.Interop;

/// <summary>paging.h, "Processes".</summary>
// SAFETY: as Border.
internal static unsafe class Processes
{
    /// <summary>The process of a handle.</summary>
    public static UserProcess Of(ulong handle) => Handles.Get<UserProcess>(handle, HandleKind.Process);

    /// <summary>The process of a handle, with calls of Linux or of Windows.</summary>
    public static UserProcess OfAny(ulong handle) => Handles.KindOf(handle) == HandleKind.WindowsProcess
        ? Handles.Get<WindowsProcess>(handle, HandleKind.WindowsProcess).User : Of(handle);

    /// <summary>Same as <see cref="OfAny"/>, but for a device's function as well.</summary>
    public static UserProcess Peek(ulong handle) => Handles.KindOf(handle) == HandleKind.WindowsProcess
        ? Handles.Peek<WindowsProcess>(handle, HandleKind.WindowsProcess).User : Handles.Peek<UserProcess>(handle, HandleKind.Process);

    [Export("paging_process_create")]
    public static void Create(ulong engine, byte* name, NewProcess* options, ulong* process)
    {
        Border.Clear(process, "process");
        NewProcess given = Sized.Read(options, Defaults());
        UserProcess made = Engines.Of(engine).CreateProcess(Border.Text(name, "name"), Convert(given));
        *process = Handles.Add(HandleKind.Process, made, engine);
    }

    [Export("paging_fork")]
    public static Errno Fork(ulong process, ulong* child)
    {
        Border.Clear(child, "child");
        Errno error = Of(process).Fork(out UserProcess? made);
        if (error == Errno.None) *child = Handles.Add(HandleKind.Process, made!, Handles.EngineOf(process));
        return error;
    }

    [Export("paging_exit")]
    public static void Exit(ulong process, int exitCode) => Of(process).Exit(exitCode);

    [Export("paging_process_find")]
    public static Errno Find(ulong engine, int id, ulong* process)
    {
        Border.Clear(process, "process");
        UserProcess? found = FindAmong(Engines.Of(engine).Processes, id);
        if (found is not null) *process = Handles.FindOrAdd(HandleKind.Process, found, engine);
        return found is null ? Errno.ESRCH : Errno.None;
    }

    [Export("paging_process_info_get")]
    public static void GetInfo(ulong process, ProcessInfo* info)
    {
        UserProcess asked = Of(process);
        ProcessInfo found = new()
        {
            Id = asked.Id,
            ParentId = asked.ParentId,
            HasExited = asked.HasExited ? 1u : 0,
            ExitCode = asked.ExitCode,
            OutOfMemoryScore = asked.OutOfMemoryScore,
        };
        if (!asked.HasExited)
        {
            found.AreaCount = (uint)asked.Memory.Areas.Count;
            found.StartBreak = asked.Memory.StartBreak.Value;
            found.ProgramBreak = asked.Memory.Break.Value;
            found.PageDirectory = asked.Memory.PrepareWalk().Value;
        }

        Sized.Write(info, found);
    }

    [Export("paging_process_set_name")]
    public static void SetName(ulong process, byte* name) => Of(process).Name = Border.Text(name, "name");

    [Export("paging_process_set_score")]
    public static void SetScore(ulong process, int score) => Border.Set(() => Of(process).OutOfMemoryScore = score, "score");

    [Export("paging_host_state_set")]
    public static void SetHostState(ulong process, HostState* state)
    {
        UserProcess owner = Of(process);
        owner.HostState = state == null ? null : new CalledState(Sized.Read<HostState>(state));
    }

    [Export("paging_setrlimit")]
    public static void SetLimit(ulong process, uint limit, ulong byteLength) =>
        Of(process).Memory.SetLimit((ResourceLimit)limit, byteLength);

    [Export("paging_getrlimit")]
    public static void GetLimit(ulong process, uint limit, ulong* byteLength)
    {
        Border.Need(byteLength, "length");
        *byteLength = Of(process).Memory.GetLimit((ResourceLimit)limit);
    }

    [Export("paging_reserve")]
    public static Errno Reserve(ulong process, uint start, uint byteLength)
    {
        AddressSpace memory = Of(process).Memory;
        return PageRange.TryCover(new(start), byteLength, out PageRange range) ? memory.Reserve(range) : Errno.EINVAL;
    }

    [Export("paging_set_transparent_policy")]
    public static void SetTransparentPolicy(ulong process, uint policy) =>
        Of(process).Memory.HugePages.SetPolicy((TransparentPolicy)policy);

    private static UserProcess? FindAmong(IEnumerable<UserProcess> processes, int id) => processes.FirstOrDefault(one => one.Id == id);

    private static NewProcess Defaults()
    {
        ProcessOptions usual = ProcessOptions.Default;
        return new()
        {
            Size = (uint)sizeof(NewProcess),
            StartBreak = usual.StartBreak.Value,
            StackLimit = usual.StackLimit,
        };
    }

    // A structure that is zero except for its size means the defaults, as a null pointer does.
    private static ProcessOptions Convert(in NewProcess options)
    {
        ProcessOptions usual = ProcessOptions.Default;
        bool hasBounds = Border.Flag(options.HasBounds, "has_bounds");
        if (!hasBounds && (options.LowestAddress | options.HighestAddress) != 0)
            throw new RefusalException(BorderCode.BadArgument, "lowest_address and highest_address need has_bounds = 1.");
        return new()
        {
            LowestAddress = hasBounds ? new VirtualAddress(options.LowestAddress) : null,
            HighestAddress = hasBounds && options.HighestAddress != 0 ? new VirtualAddress(options.HighestAddress) : null,
            IsTopDown = !Border.Flag(options.IsBottomUp, "is_bottom_up"),
            MmapBase = options.MmapBase == 0 ? null : new(options.MmapBase),
            StartBreak = options.StartBreak == 0 ? usual.StartBreak : new(options.StartBreak),
            StackLimit = options.StackLimit == 0 ? usual.StackLimit : options.StackLimit,
            IsPrivileged = Border.Flag(options.IsPrivileged, "is_privileged"),
            Group = options.Group == 0 ? null : Handles.Get<MemoryGroup>(options.Group, HandleKind.Group),
        };
    }
}
