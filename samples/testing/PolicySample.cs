using Paging.Core.Reclaim;
using Paging.Policies;
using Paging.Testing.Checks;
using Xunit;

namespace Paging.Samples;

/// <summary>A replacement policy of one's own, tested on a live engine: evicts a random page that was not used lately.</summary>
public sealed class PolicySample
{
    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void NoByteIsLostAndTheHotPagesStay(int seed)
    {
        PolicyScore score = PolicyCheck.Run(ReclaimPolicy.Of<DartPolicy>(), (ulong)seed);
        PolicyScore fifo = PolicyCheck.Run(ReclaimPolicy.Of(PolicyEntry.Find("FIFO")!), (ulong)seed);
        Assert.InRange(score.MajorFaultCount, 1, fifo.MajorFaultCount);
    }

    internal struct DartPolicy : IOnlinePolicy<DartPolicy>
    {
        private List<int> _slots;
        private uint _dart;

        public static DartPolicy Create(int frameCount, int reservedFrameCount) => new() { _slots = new(reservedFrameCount), _dart = 1 };

        public readonly void Missed(ulong page) { }

        public readonly void Loaded(int slot, ulong page) => _slots.Add(slot);

        public readonly void Hit(int slot) { }

        public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
        {
            int slot = IReplacementPolicy.None;
            for (int attempt = 0; attempt < 8 && _slots.Count != 0; attempt++)
            {
                _dart = (_dart * 1_664_525) + 1_013_904_223;
                slot = _slots[(int)((_dart >> 8) % (uint)_slots.Count)];
                if (!bits.TakeAccessed(slot)) break;
            }

            return slot;
        }

        public readonly void Evicted(int slot, ulong page) => _slots.Remove(slot);

        public readonly void Removed(int slot) => _slots.Remove(slot);
    }
}
