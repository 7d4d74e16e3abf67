using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Testing.Generating;
using Paging.Testing.Randomness;

namespace Paging.Testing.Checks;

/// <summary>The result of a policy.</summary>
/// <param name="AccessCount">Accesses made.</param>
/// <param name="MajorFaultCount">The number of them that had to read a page back.</param>
public readonly record struct PolicyScore(long AccessCount, long MajorFaultCount);

/// <summary>Plugs an embedder's own replacement policy into a group that needs four times its frames, beside plain bytes.</summary>
public static class PolicyCheck
{
    private const uint FrameLimit = 64;
    private const int PageCount = 256, HotPageCount = 24;
    private static readonly VirtualAddress First = new(0x2000_0000);

    /// <summary>Makes random accesses, three of four to a tenth of the pages.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="seed">The seed of the accesses.</param>
    /// <param name="accessCount">The number of accesses.</param>
    /// <param name="timeLimit">The time for all accesses; null: 30 s. <see cref="Timeout.InfiniteTimeSpan"/>: no limit.</param>
    /// <exception cref="CheckFailedException">
    /// A byte is wrong, the limit is exceeded, the audit finds something, or an access does not end.
    /// </exception>
    public static PolicyScore Run(ReclaimPolicy policy, ulong seed, int accessCount = 4_000, TimeSpan? timeLimit = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentOutOfRangeException.ThrowIfNegative(accessCount);
        int access = -1;
        PolicyScore score = default;
        using TimeLimit limit = new(timeLimit);
        limit.Run(
            isOver => score = Run(policy, seed, accessCount, ref access, isOver), () => $"Seed {seed}, access {access}");
        return score;
    }

    private static PolicyScore Run(ReclaimPolicy policy, ulong seed, int accessCount, ref int access, CancellationToken isOver)
    {
        using PagingEngine engine = new(new EngineOptions
        {
            RamBytes = 4 << 20,
            RequestHostHugePages = false,
            SwapReadAheadPages = 1
        });
        Require(engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _), "swapon");
        Require(engine.Groups.Create(
            new() { Name = "checked", Limit = new FrameCount(FrameLimit), CountsTables = false, Policy = policy }, out MemoryGroup? group),
            "the group");
        using UserProcess process = engine.CreateProcess("check", ProcessOptions.Default with { Group = group });
        Require(process.Memory.Map(First, PageCount * VirtualAddress.PageSize, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _), "mmap");
        uint[] expected = new uint[PageCount];
        FuzzRandom random = new(seed);
        for (access = 0; access < accessCount && !isOver.IsCancellationRequested; access++)
        {
            int page = random.Below(random.Percent(75) ? HotPageCount : PageCount);
            VirtualAddress address = First + ((uint)page << VirtualAddress.PageShift);
            if (random.Percent(40)) process.Memory.Mmu.Write(address, expected[page] = (uint)random.Next());
            else if (process.Memory.Mmu.Read<uint>(address) is var found && found != expected[page])
                throw new CheckFailedException($"Seed {seed}, access {access}: page {page} has {found:x8}, expected {expected[page]:x8}.");
            if (group!.Usage.Value > FrameLimit)
                throw new CheckFailedException($"Seed {seed}, access {access}: {group} have been handed out.");
            if (access % 512 == 511) EngineAssert.IsSound(engine);
        }

        return new(accessCount, process.Memory.Faults.Major);
    }

    private static void Require(Errno error, string what)
    {
        if (error != Errno.None) throw new CheckFailedException($"{what} returns {error}.");
    }
}
