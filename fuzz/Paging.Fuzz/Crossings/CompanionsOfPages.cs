using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Reports;

namespace Paging.Fuzz;

/// <summary>Features that use the pages of a scenario: rewinds, swap, pins, views of the host, code, groups.</summary>
internal static class CompanionsOfPages
{
    private const int EveryFifth = 5, EveryThird = 3, PinsMax = 4;
    private const ulong SwapBytes = 64 << 20;
    private const uint ViewPagesMax = 64;

    public static IReadOnlyList<Companion> All { get; } =
    [
        new("rewind", "a rewind of each process, recorded before every fifth call")
        {
            Join = static (company, process) => company.Open(new RewoundProcess(process, process.OpenRewind(Company.Thinned))),
            BeforeCall = static company => Record(company, company.Own.Cast<RewoundProcess>()
                .Where(static one => !one.Process.HasExited).Select(static one => one.Rewind)),
        },
        new("engine-rewind", "a rewind of the engine, recorded before every fifth call")
        {
            Begin = static company => company.Open(company.Engine.OpenRewind(Company.Thinned)),
            BeforeCall = static company => Record(company, company.Own.Cast<Rewind>()),
        },
        new("rewind-redone", "every third call made, undone by a rewind of its process, and made again")
        {
            Redone = RedoneState.RewoundProcess,
        },
        new("engine-rewind-redone", "every third call made, undone by a rewind of the engine, and made again")
        {
            Redone = RedoneState.RewoundEngine,
        },
        new("swap", "a swap device, to which all private pages go before every third call")
        {
            Options = static options => options with { Overcommit = OvercommitMode.Always },    // a device raises the limit
            Begin = static company => company.Open(new SwitchedOn(company.Engine)),
            BeforeCall = PageOut,
            OnlyOneOf = "swap",
        },
        new("pins", "up to four pinned pages, another one before every third call")
        {
            BeforeCall = Pin,
        },
        new("flat-view", "a view of some memory of a process, compared with its frames before every third call")
        {
            Options = static options => options with { ShareRam = true },
            BeforeCall = View,
        },
        new("code", "a processor that translates a page's code before every third call")
        {
            Begin = static company => company.Engine.Ram.TracksCode = true,
            BeforeCall = static company =>
            {
                if (company.CallCount % EveryThird == 0 && TryDrawOwnPage(company, out UserProcess process, out PageNumber page))
                    process.ProtectCode(page);
            },
        },
        new("group", "a group whose limit is all of RAM")
        {
            Group = static engine => engine.Groups.Create(new() { Name = "all", Limit = new((uint)(engine.Options.RamBytes >> 12)) },
                out MemoryGroup? group) == Errno.None ? group! : throw new InvalidOperationException("There is no room for a group."),
        },
        new("metrics", "published figures")
        {
            Begin = static company => company.Open(new EngineMetrics(company.Engine, "beside")),
        },
    ];

    private static void Record(Company company, IEnumerable<Rewind> rewinds)
    {
        if (company.CallCount % EveryFifth != 0) return;
        foreach (Rewind rewind in rewinds) _ = company.Done("record", rewind.Record());
    }

    /// <summary>Not once there may be pages of MADV_FREE, whose bytes would be gone.</summary>
    private static void PageOut(Company company)
    {
        if (company.CallCount % EveryThird != 0 || company.HasFreed) return;
        foreach (UserProcess process in company.Processes.ToArray())
        {
            foreach (AreaSnapshot area in process.Memory.Areas.Snapshot())
            {
                if (!area.IsShared && !area.IsLocked)
                    _ = process.Memory.Advise(area.Range.First.Address, (uint)area.Range.Count.Bytes, MemoryAdvice.PageOut);
            }
        }
    }

    private static void Pin(Company company)
    {
        if (company.CallCount % EveryThird != 0) return;
        while (company.Own.Count >= PinsMax || (company.Own.Count > 0 && company.Random.Percent(20))) company.CloseLast();
        if (!TryDrawOwnPage(company, out UserProcess process, out PageNumber page)) return;
        AccessKind access = AccessKind.Read;
        bool isPinned = process.TryPin(page.Address, VirtualAddress.PageSize, access, out PinnedMemory? pin, out MemoryFault _);
        if (isPinned) company.Open(pin!);
    }

    /// <summary>Compares what the view shows with the frames that the page tables name.</summary>
    private static void View(Company company)
    {
        if (company.CallCount % EveryThird != 0) return;
        while (company.CloseLast()) { }
        if (!TryDrawOwnPage(company, out UserProcess process, out PageNumber page)) return;
        AreaSnapshot area = process.Memory.Areas.Find(page)!;
        PageRange range = new(page, new(Math.Min(ViewPagesMax, (area.Range.End - page).Value)));
        FlatView view = company.Open(process.OpenFlatView(range));
        if (!area.Protection.HasFlag(MemoryProtection.Read)) return;
        for (PageNumber at = range.First; at < range.End; at += PageCount.One)
        {
            if (!process.Memory.HasOwnPage(at)) continue;
            WalkResult walk = Walker.Peek(company.Engine.Ram, company.Engine.Options.Tables, process.Memory.PrepareWalk(), at);
            ReadOnlySpan<byte> shown = view.Bytes(at.Address, (int)VirtualAddress.PageSize);
            if (walk.Succeeded && !shown.SequenceEqual(company.Engine.Ram.Bytes(walk.Physical.Frame)))
                throw new InvalidOperationException($"The view shows other bytes at {at.Address} than the page's frame has.");
        }
    }

    /// <summary>A page that a process has for itself, of those that come first after a random one.</summary>
    private static bool TryDrawOwnPage(Company company, out UserProcess process, out PageNumber page)
    {
        UserProcess[] processes = [.. company.Processes];
        (process, page) = (null!, default);
        if (processes.Length == 0) return false;
        process = company.Random.OneOf<UserProcess>(processes);
        AreaSnapshot[] areas = [.. process.Memory.Areas.Snapshot().Where(static area => area.Protection != MemoryProtection.None)];
        if (areas.Length == 0) return false;
        AreaSnapshot area = company.Random.OneOf<AreaSnapshot>(areas);
        uint from = company.Random.Below(area.Range.Count.Value), end = Math.Min(area.Range.Count.Value, from + ViewPagesMax);
        for (uint index = from; index < end; index++)
        {
            page = area.Range.First + new PageCount(index);
            if (process.Memory.HasOwnPage(page)) return true;
        }

        return false;
    }

    /// <summary>A process, and its rewind.</summary>
    private sealed record RewoundProcess(UserProcess Process, Rewind Rewind) : IDisposable
    {
        public void Dispose() => Rewind.Dispose();
    }

    /// <summary>A swap device, which is switched off in the end.</summary>
    private sealed class SwitchedOn : IDisposable
    {
        private readonly PagingEngine _engine;
        private readonly SwapDevice _device;

        public SwitchedOn(PagingEngine engine)
        {
            _engine = engine;
            Errno error = engine.Swap.SwitchOn(new MemorySwapStore(SwapBytes, "beside"), out SwapDevice? device);
            _device = error == Errno.None ? device!
                : throw new InvalidOperationException($"The device cannot be switched on: {error}.");
        }

        /// <summary>Leaves it on if there is no room for its pages.</summary>
        public void Dispose()
        {
            Errno error = _engine.Swap.SwitchOff(_device);
            if (error is not (Errno.None or Errno.ENOMEM))
                throw new InvalidOperationException($"The device cannot be switched off: {error}.");
        }
    }
}
