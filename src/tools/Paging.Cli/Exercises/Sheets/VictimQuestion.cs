using System.Collections.Immutable;
using System.Globalization;
using Paging.Policies;
using Paging.Testing.Randomness;

namespace Paging.Cli.Exercises.Sheets;

/// <summary>The pages that a replacement policy evicts.</summary>
internal static class VictimQuestion
{
    private const int ReferenceCount = 16;
    private static readonly ImmutableArray<string> Policies = ["FIFO", "LRU", "CLOCK"];

    /// <summary>A string of references that evicts at least three pages.</summary>
    public static SheetQuestion Make(FuzzRandom random)
    {
        int frames = random.Between(3, 4), pages = frames + random.Between(1, 2);
        PolicyEntry policy = PolicyEntry.Find(random.OneOf(Policies.AsSpan()))!;
        int[] references;
        (int Misses, int[] Victims) run;
        do
        {
            references = [.. Enumerable.Range(0, ReferenceCount).Select(_ => random.Below(pages) + 1)];
            run = policy.Use(new Run(references, frames));
        }
        while (run.Victims.Length is < 3 or > 9);

        return new("Which pages leave?", string.Create(CultureInfo.InvariantCulture,
            $"{frames} frames, empty at first. The policy is {policy.Name}: {policy.Summary}. The pages are accessed in this order:\n\n"
            + $"  {string.Join(' ', references)}\n"),
        [
            new("How many accesses find their page in no frame?", run.Misses.ToString(CultureInfo.InvariantCulture)),
            new("Which pages are evicted, in order? Numbers with spaces between.", string.Join(' ', run.Victims)),
        ]);
    }

    /// <summary>Makes the accesses under a policy of Paging.Policies, as a replay does, and notes who leaves.</summary>
    private sealed class Run(int[] references, int frameCount) : IPolicyUser<(int Misses, int[] Victims)>
    {
        public (int Misses, int[] Victims) Use<TPolicy>() where TPolicy : struct, IOnlinePolicy<TPolicy>
        {
            TPolicy policy = TPolicy.Create(frameCount, frameCount);
            List<int> slots = [], victims = [];
            int misses = 0;
            NoBits bits = default;
            foreach (int page in references)
            {
                int slot = slots.IndexOf(page);
                if (slot >= 0)
                {
                    policy.Hit(slot);
                    continue;
                }

                misses++;
                policy.Missed((ulong)page);
                if (slots.Count < frameCount)
                {
                    slot = slots.Count;
                    slots.Add(page);
                }
                else
                {
                    slot = policy.FindVictim(ref bits);
                    policy.Evicted(slot, (ulong)slots[slot]);
                    victims.Add(slots[slot]);
                    slots[slot] = page;
                }

                policy.Loaded(slot, (ulong)page);
            }

            return (misses, [.. victims]);
        }
    }

    /// <summary>Every access is reported by Hit, and no page is dirty.</summary>
    private readonly struct NoBits : IPageBits
    {
        public bool TakeAccessed(int slot) => false;

        public bool IsDirty(int slot) => false;
    }
}
