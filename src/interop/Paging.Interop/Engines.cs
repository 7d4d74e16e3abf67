using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Engines".</summary>
// SAFETY: as Border.
internal static unsafe class Engines
{
    /// <summary>The engine of a handle.</summary>
    public static PagingEngine Of(ulong handle) => Handles.Get<PagingEngine>(handle, HandleKind.Engine);

    [Export("paging_options_defaults")]
    public static void Defaults(Options* options) => Sized.Write(options, DefaultOptions());

    [Export("paging_engine_create")]
    public static void Create(Options* options, ulong* engine)
    {
        Border.Clear(engine, "engine");
        PagingEngine made = new(Convert(Sized.Read(options, DefaultOptions())));
        *engine = Handles.Add(HandleKind.Engine, made, 0);
    }

    /// <summary>Gives up an object of any kind. After an errno the object, and its handle, are as before.</summary>
    [Export("paging_free")]
    public static Errno Free(ulong handle)
    {
        object target = Handles.Get(handle, out HandleKind kind, out _);
        switch (kind)
        {
            case HandleKind.Engine:
                Destroy((PagingEngine)target, handle);
                return Errno.None;
            case HandleKind.Swap: return SwapCalls.SwitchOff(handle);
            case HandleKind.Group: return SwapCalls.RemoveGroup(handle);
            case HandleKind.Shadow:
                CloseShadow((ByteShadow)target);
                break;
        }

        (target as IDisposable)?.Dispose();
        Handles.Remove(handle);
        return Errno.None;
    }

    [Export("paging_engine_bind")]
    public static void Bind(ulong engine) => Of(engine).BindToCurrentThread();

    [Export("paging_background")]
    public static int RunBackground(ulong engine, int pageBudget) => Of(engine).RunBackground(pageBudget);

    [Export("paging_sync")]
    public static void Synchronize(ulong engine) => Of(engine).Files.SynchronizeAll();

    [Export("paging_drop_caches")]
    public static void DropCaches(ulong engine) => Of(engine).Files.DropCaches();

    [Export("paging_compact")]
    public static long Compact(ulong engine) => Of(engine).Frames.Compact().Value;

    [Export("paging_audit")]
    public static long Audit(ulong engine, byte* buffer, ulong capacity)
    {
        AuditReport report = Of(engine).Audit();
        _ = Border.Give(string.Join('\n', report.Findings), buffer, capacity);
        return report.FindingCount;
    }

    [Export("paging_set_overcommit")]
    public static void SetOvercommit(ulong engine, uint mode, uint ratio)
    {
        PagingEngine target = Of(engine);
        int percent = Border.Int(ratio, "ratio");
        OvercommitMode before = target.OvercommitMode;
        Border.Set(() => target.OvercommitMode = (OvercommitMode)mode, "mode");
        try { Border.Set(() => target.OvercommitRatio = percent, "ratio"); }
        catch (ArgumentException)
        {
            target.OvercommitMode = before;    // a refused call changes nothing
            throw;
        }
    }

    [Export("paging_set_max_map_count")]
    public static void SetMaxMapCount(ulong engine, int count) => Border.Set(() => Of(engine).MaxMapCount = count, "count");

    [Export("paging_huge_pool_resize")]
    public static long ResizeHugePool(ulong engine, long count, long* free, long* reserved, long* surplus)
    {
        PagingEngine target = Of(engine);
        HugeCounters counters = count < 0 ? target.HugePages.Counters : target.HugePages.Resize(count);
        if (free != null) *free = counters.PoolFree;
        if (reserved != null) *reserved = counters.PoolReserved;
        if (surplus != null) *surplus = counters.PoolSurplus;
        return counters.PoolTotal;
    }

    [Export("paging_ram_file")]
    public static int GetRamFile(ulong engine)
    {
        PagingEngine owner = Engines.Of(engine);
        owner.CheckCaller();
        return owner.Ram.File is { } file ? (int)file.DangerousGetHandle()
            : throw new RefusalException(BorderCode.WrongState, "RAM lies in no file: the engine was made with share_ram 0.");
    }

    private static void Destroy(PagingEngine engine, ulong handle)
    {
        try { engine.Dispose(); }
        finally
        {
            if (IsClosed(engine)) Handles.RemoveAllOf(handle);
        }
    }

    private static void CloseShadow(ByteShadow shadow)
    {
        try { shadow.Close(); }
        catch (ObjectDisposedException)
        {
            // The process has exited, and its marks with it.
        }
    }

    /// <summary>An engine that a backing kept from closing cleanly is closed all the same; one of another thread is not.</summary>
    private static bool IsClosed(PagingEngine engine)
    {
        try
        {
            engine.CheckCaller();
            return false;
        }
        catch (ObjectDisposedException) { return true; }
        catch (InvalidOperationException) { return false; }
    }

    private static Options DefaultOptions()
    {
        EngineOptions usual = new();
        return new()
        {
            Size = (uint)sizeof(Options),
            Tables = (uint)usual.Tables,
            RamBytes = usual.RamBytes,
            Seed = usual.Seed,
            RequestHostHugePages = 1,
            Overcommit = (uint)usual.Overcommit,
            OvercommitRatio = (uint)usual.OvercommitRatio,
            MaxMapCount = (uint)usual.MaxMapCount,
            Swappiness = (uint)usual.Swappiness,
            SwapReadAheadPages = (uint)usual.SwapReadAheadPages,
            AttachedSpacesMax = (uint)(usual.AttachedSpacesMax ?? 0),
            ReadAheadPages = (uint)usual.ReadAheadPages,
            FaultAroundPages = (uint)usual.FaultAroundPages,
            DirtyBackgroundRatio = (uint)usual.DirtyBackgroundRatio,
            DirtyRatio = (uint)usual.DirtyRatio,
            DirtyExpireTicks = (uint)usual.DirtyExpireTicks,
            ShootdownMilliseconds = (uint)usual.ShootdownTimeout.TotalMilliseconds,
        };
    }

    private static EngineOptions Convert(in Options options) => new()
    {
        Tables = (TableFormat)options.Tables,
        FetchRights = Border.Flag(options.FetchRights, "fetch_rights") ? FetchRights.Tables : FetchRights.Areas,    // 0 asks the area
        RamBytes = options.RamBytes,
        Seed = options.Seed,
        RequestHostHugePages = Border.Flag(options.RequestHostHugePages, "request_host_huge_pages"),
        ShareRam = Border.Flag(options.ShareRam, "share_ram"),
        AllowThreads = Border.Flag(options.AllowThreads, "allow_threads"),
        Overcommit = options.Overcommit <= (uint)OvercommitMode.Never ? (OvercommitMode)options.Overcommit
            : throw new RefusalException(BorderCode.BadArgument, "overcommit must be 0, 1 or 2."),
        OvercommitRatio = Border.Int(options.OvercommitRatio, "overcommit_ratio"),
        OutOfMemory = Border.Flag(options.OutOfMemory, "out_of_memory") ? OutOfMemoryPolicy.Kill : OutOfMemoryPolicy.Report,
        MaxMapCount = Border.Int(options.MaxMapCount, "max_map_count"),
        Swappiness = Border.Int(options.Swappiness, "swappiness"),
        SwapReadAheadPages = Border.Int(options.SwapReadAheadPages, "swap_read_ahead_pages"),
        AttachedSpacesMax = options.AttachedSpacesMax == 0 ? null : Border.Int(options.AttachedSpacesMax, "attached_spaces_max"),
        ReadAheadPages = Border.Int(options.ReadAheadPages, "read_ahead_pages"),
        FaultAroundPages = Border.Int(options.FaultAroundPages, "fault_around_pages"),
        DirtyBackgroundRatio = Border.Int(options.DirtyBackgroundRatio, "dirty_background_ratio"),
        DirtyRatio = Border.Int(options.DirtyRatio, "dirty_ratio"),
        DirtyExpireTicks = Border.Int(options.DirtyExpireTicks, "dirty_expire_ticks"),
        ZeroedFrames = Border.Int(options.ZeroedFrames, "zeroed_frames"),
        HugePages = Border.Int(options.HugePages, "huge_pages"),
        SurplusHugePages = Border.Int(options.SurplusHugePages, "surplus_huge_pages"),
        VerifyRestores = Border.Int(options.VerifyRestores, "verify_restores"),
        TransparentHugePages = Border.Flag(options.TransparentHugePages, "transparent_huge_pages")
            ? TransparentHugePages.Advised : TransparentHugePages.Never,
        ShootdownTimeout = TimeSpan.FromMilliseconds(options.ShootdownMilliseconds),
        Policy = CalledPolicy.Of(options.Policy),
    };
}
