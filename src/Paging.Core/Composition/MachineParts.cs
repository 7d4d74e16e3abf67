using Paging.Core.Faults;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Diagnostics;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Paging.Native.Translation;

namespace Paging.Core.Composition;

/// <summary>Builds the bottom of an engine: RAM, frames and their allocator, cached translations, areas and address spaces.</summary>
internal sealed class MachineParts : IDisposable
{
    /// <summary>The owner in the descriptors of frames that the host took.</summary>
    public const uint HostOwner = uint.MaxValue;

    public MachineParts(FrameCount ram, EngineOptions options)
    {
        Callers = new();
        Tables = options.Tables;
        Ram = new(ram, options.RequestHostHugePages, options.ShareRam) { IsOwned = true, NameableCount = FrameTable.ReachOf(Tables) };
        Frames = new(ram, Tables);
        Allocator = new(Ram, Frames, Injection);
        int hugeOrder = Frames.Wholes.Order;
        Translations = new(options.AttachedSpacesMax, Callers.CheckUser);
        ProcessorTable? processors = options.AllowThreads ? new() : null;
        TouchGate gate = new();
        Lists = new(Frames, framesOfBlock: 1u << hugeOrder, processors is null ? null : Share(options, processors, gate));
        if (processors is not null) Touches = new(Ram, Lists, Allocator, Injection, processors, gate);
        Store = new(Ram, Frames, Allocator, Lists);
        Blocks = new(Allocator);
        HugePool = new(Frames, Allocator, Blocks, hugeOrder, new(Ram, Injection, new(1u << hugeOrder)))
        {
            SurplusMax = options.SurplusHugePages,
        };
        HugePool.AdoptBeyond();    // before Resize, which takes from RAM only what is missing then
        HugePool.Resize(options.HugePages);
        HugeBlocks = new(Store, Blocks, HugePool.Order);
        bool hasHuge = options.TransparentHugePages != TransparentHugePages.Never || HugePool.Total != 0 || HugePool.SurplusMax != 0;
        if (hasHuge) Allocator.Fixed = new(Allocator);    // tables lie together, so that free blocks stay whole
        IsTransparent = options.TransparentHugePages != TransparentHugePages.Never;
        KernelHalf = new(Ram, Frames, Allocator, Tables);    // after Fixed: its tables are the first
        Commitment = new(options.Overcommit, options.OvercommitRatio, Frames.OrdinaryCount.Value);    // K4: the pool is not accounted
        Areas = new(Injection, options.MaxMapCount, options.TrieFromAreas);
        Observers = new(Ram, Spaces);
        Loans = new((uint)options.LendTablesFrom);
    }

    public CallerCheck Callers { get; }
    public EventSwitch Events { get; } = new();
    public FaultInjection Injection { get; } = new();
    public TableFormat Tables { get; }
    public PhysicalMemory Ram { get; }
    public FrameTable Frames { get; }
    public FrameLists Lists { get; }
    public BuddyAllocator Allocator { get; }
    public FrameStore Store { get; }
    public BlockSource Blocks { get; }
    public HugePool HugePool { get; }
    public HugeBlocks HugeBlocks { get; }
    public bool IsTransparent { get; }
    public TranslationPool Translations { get; }
    public KernelHalf KernelHalf { get; }
    public Commitment Commitment { get; }
    public AreaStore Areas { get; }
    public SpaceTable Spaces { get; } = new();
    public WriteObservers Observers { get; }
    public PinTable Pins { get; } = new();
    public ForkLoans Loans { get; }

    /// <summary>The parallel path for first touches; null if the engine has one thread.</summary>
    public FirstTouches? Touches { get; }

    /// <summary>Hands out a block to the host, and marks each of its frames.</summary>
    public bool TryTakeForHost(int order, bool needsLow, out FrameNumber first)
    {
        if (!Allocator.TryAllocateBlock(order, FrameState.Kernel, needsLow, out first)) return false;
        for (uint i = 0; i < 1u << order; i++) Frames[first + new FrameCount(i)].Owner = HostOwner;    // CreateFrameFile takes single ones
        return true;
    }

    /// <summary>Throws unless the host took the frame.</summary>
    /// <exception cref="ArgumentException">The host did not take it.</exception>
    public void RequireTaken(FrameNumber frame, string parameter)
    {
        if (Frames.Describe(frame) is not { State: FrameState.Kernel, Owner: HostOwner })
            throw new ArgumentException($"Frame {frame.Value:x5} was not taken by the host.", parameter);
    }

    /// <summary>Returns a copy of a frame's descriptor, with counts that no lent table is missing from.</summary>
    public FrameDescriptor DescribeFrame(FrameNumber frame)
    {
        using SlowPathHold hold = Callers.HoldToRead();
        Loans.CopyAll();    // P8
        return Frames.Describe(frame);
    }

    private Shootdown Share(EngineOptions options, ProcessorTable processors, TouchGate gate)
    {
        Shootdown shootdown = new(processors, Translations, new(Frames, Allocator), options.ShootdownTimeout);
        SlowPath slowPath = new(processors, shootdown, gate);
        Callers.Share(slowPath);    // last: until then only this thread may enter
        return shootdown;
    }

    public void Dispose()
    {
        Observers.Dispose();
        Areas.Dispose();
        Frames.Dispose();
        Ram.Release();    // last: everything else leads into it
    }
}
