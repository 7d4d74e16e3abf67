using Paging.Policies.Online;
using Xunit;

namespace Paging.Policies.Tests;

/// <summary>A policy whose caller breaks the protocol throws a standard exception, and does not hang.</summary>
public sealed class MisuseTests
{
    [Fact]
    public void TheDefaultOfAPolicyThrowsThatItWasNotCreated()
    {
        Refuses<ArcPolicy>();
        Refuses<ClockPolicy>();
        Refuses<ClockZeroPolicy>();
        Refuses<FifoPolicy>();
        Refuses<LfuPolicy>();
        Refuses<LirsPolicy>();
        Refuses<LruPolicy>();
        Refuses<S3FifoPolicy>();
        Refuses<SievePolicy>();
        Refuses<TwoListPolicy>();
        Refuses<TwoQueuePolicy>();
    }

    [Theory, InlineData(0), InlineData(1), InlineData(63), InlineData(64), InlineData(int.MaxValue), InlineData(-1)]
    public void LirsRefusesSlotsThatAreNotLoaded(int slot)
    {
        LirsPolicy policy = LirsPolicy.Create(64, 64);
        Assert.Throws<ArgumentException>(nameof(slot), () => policy.Evicted(slot, 7));
        Assert.Throws<ArgumentException>(nameof(slot), () => policy.Removed(slot));
        Assert.Throws<ArgumentException>(nameof(slot), () => policy.Hit(slot));
        policy.Missed(1);
        policy.Loaded(2, 1);
        Assert.Throws<ArgumentException>(nameof(slot), () => policy.Evicted(slot, 7));
        policy.Evicted(2, 1);
        Assert.Throws<ArgumentException>(nameof(slot), () => policy.Evicted(2, 1));
    }

    private static void Refuses<TPolicy>() where TPolicy : struct, IReplacementPolicy
    {
        Action[] calls =
        [
            static () => default(TPolicy).Loaded(0, 1),
            static () => default(TPolicy).Evicted(0, 1),
            static () => default(TPolicy).Removed(0),
            static () => default(TPolicy).Hit(0),
        ];
        foreach (Action call in calls)
        {
            Exception? thrown = Record.Exception(call);
            Assert.True(thrown is null or InvalidOperationException, $"{typeof(TPolicy).Name}: {thrown}");
        }

        Assert.Throws<InvalidOperationException>(calls[0]);
    }
}
