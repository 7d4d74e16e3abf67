using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Core.Tracking;
using Paging.Native;

namespace Paging.Core.Composition;

/// <summary>Builds the bottom of an engine: RAM, frames and their allocator, cached translations, areas and address spaces.</summary>
internal sealed class MachineParts : IDisposable
{
    public MachineParts(FrameCount ram, EngineSettings settings)
    {
        Guard = new();
        Ram = new(ram, settings.RequestHostHugePages, settings.ShareRam) { IsOwned = true };
        Frames = new(ram);
        Lists = new(Frames);
        Allocator = new(Ram, Frames, Injection);
        Translations = new(settings.AttachedSpacesMax);
        KernelHalf = new(Ram, Frames, Allocator);
        Commitment = new(settings.Overcommit, settings.OvercommitRatio, ram.Value);
        Areas = new(Injection, settings.MaxMapCount, settings.TrieFromAreas);
        Writes = new(Ram, Spaces);
        if (settings.AllowThreads) Share(settings);
    }

    public ThreadGuard Guard { get; }
    public EventSwitch Events { get; } = new();
    public FaultInjection Injection { get; } = new();
    public PhysicalMemory Ram { get; }
    public FrameTable Frames { get; }
    public FrameLists Lists { get; }
    public BuddyAllocator Allocator { get; }
    public TranslationPool Translations { get; }
    public KernelHalf KernelHalf { get; }
    public Commitment Commitment { get; }
    public AreaStore Areas { get; }
    public SpaceTable Spaces { get; } = new();
    public WriteTracking Writes { get; }
    public PinTable Pins { get; } = new();

    private void Share(EngineSettings settings)
    {
        ProcessorTable processors = new();
        Shootdown shootdown = new(processors, Translations, new(Frames, Allocator), settings.ShootdownTimeout);
        (Translations.IsShared, Translations.BeforeReuse) = (true, shootdown.TrySettle);
        Lists.Shootdown = shootdown;
        SlowPath slowPath = new(processors, shootdown);
        Translations.CheckUser = slowPath.CheckUser;
        Guard.Share(slowPath);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Writes.Dispose();
        Areas.Dispose();
        Frames.Dispose();
        Ram.Release();
    }
}
