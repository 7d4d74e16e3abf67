using Paging.Native.Memory;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Dirty sets beside a list without doubles: each number once, in the order of the first writes, and taken once.</summary>
public sealed class DirtySetTests
{
    private const uint Limit = 192;

    [Fact]
    public void NotedNumbersAreTakenInTheirOrder() => Property.ForSeeds(8, static seed =>
    {
        Random random = new((int)seed);
        using DirtySet set = new(Limit, needsFaults: false);
        List<uint> model = [];
        for (int step = 0; step < 40; step++)
        {
            for (int i = random.Next(80); i > 0; i--)
            {
                uint number = (uint)random.Next((int)Limit + 5);
                set.Note(number);
                if (number < Limit && !model.Contains(number)) model.Add(number);
            }

            Compare(set, model);
            if (step % 3 == 0)
            {
                Assert.Equal(model, set.Take().ToArray());
                model.Clear();
            }
            else
            {
                uint first = (uint)random.Next((int)Limit), count = (uint)random.Next(100);
                uint[] within = [.. model.Where(number => number >= first && number < first + count)];
                Assert.Equal(within, set.TakeWithin(first, count).ToArray());
                model.RemoveAll(number => number >= first && number < first + count);
            }

            Compare(set, model);
        }
    });

    /// <summary>The returned words do not change while others are noted, until the next call takes.</summary>
    [Fact]
    public void TakenNumbersAreNotOverwrittenByLaterNotes()
    {
        using DirtySet set = new(Limit, needsFaults: true);
        Assert.True(set.NeedsFaults);
        for (uint number = 0; number < Limit; number++) set.Note(number);
        ReadOnlySpan<uint> taken = set.Take();
        for (uint number = Limit; number-- > 0;) set.Note(number);
        Assert.Equal(Enumerable.Range(0, (int)Limit).Select(static number => (uint)number), taken.ToArray());
        taken = set.Take();
        Assert.Equal(Enumerable.Range(0, (int)Limit).Select(static number => Limit - 1 - (uint)number), taken.ToArray());
    }

    /// <summary>All of a large set: its bits and both lists lie apart, and have room for each number.</summary>
    [Fact]
    public void EveryNumberOfALargeSetIsNotedOnce()
    {
        const uint Large = 1 << 22;
        using DirtySet set = new(Large, needsFaults: false);
        for (int round = 0; round < 2; round++)
        {
            for (uint number = 0; number < Large; number++) set.Note(number);
            for (uint number = 0; number < Large; number++) set.Note(number);
            ReadOnlySpan<uint> taken = set.Take();
            Assert.Equal((int)Large, taken.Length);
            for (int i = 0; i < taken.Length; i++)
                if (taken[i] != (uint)i) Assert.Fail($"number {i} is {taken[i]}");
        }
    }

    [Fact]
    public void NumbersBecomeBitsFromTheFirstOn()
    {
        ulong[] bits = new ulong[3];
        DirtySet.SetBits([1000, 1063, 1064, 1130], 1000, bits);
        Assert.Equal([1UL | (1UL << 63), 1UL, 1UL << 2], bits);
    }

    [Fact]
    public void TheAuditFindsNothingInASoundSet()
    {
        using DirtySet set = new(Limit, needsFaults: false);
        set.Note(5);
        set.Note(130);
        AuditReport report = new();
        set.Audit("pages", report);
        Assert.True(report.IsClean, report.ToString());
    }

    [Fact]
    public void SeveralLogsNoteTheSameAndTakeOnTheirOwn()
    {
        using DirtySet one = new(Limit, needsFaults: false), other = new(Limit, needsFaults: true);
        DirtySets sets = new();
        Assert.True(sets.IsEmpty);
        Assert.False(sets.NeedFaults);
        Assert.True(sets.AllContain(7));    // as there is none that does not
        sets.Add(one);
        sets.Note(7);
        Assert.Equal((false, false, true, false), (sets.IsEmpty, sets.NeedFaults, sets.AllContain(7), sets.AllContain(8)));
        sets.Add(other);
        Assert.Equal((true, false), (sets.NeedFaults, sets.AllContain(7)));
        sets.Note(7);
        Assert.True(sets.AllContain(7));
        Assert.Equal([7u], other.Take().ToArray());
        Assert.False(sets.AllContain(7));
        Assert.True(one.Contains(7));
        sets.Remove(other);
        Assert.Equal((false, true, 1), (sets.NeedFaults, sets.AllContain(7), sets.All.Length));
        Assert.Same(one, sets.All[0]);
        sets.Clear();
        Assert.True(sets.IsEmpty);
    }

    private static void Compare(DirtySet set, List<uint> model)
    {
        Assert.Equal(model.Count, set.Count);
        bool[] expected = new bool[Limit + 70], found = new bool[Limit + 70];
        foreach (uint number in model) expected[number] = true;
        for (uint number = 0; number < Limit + 70; number++) found[number] = set.Contains(number);
        Assert.True(expected.AsSpan().SequenceEqual(found));
        AuditReport report = new();
        set.Audit("pages", report);
        Assert.True(report.IsClean, report.ToString());
    }
}
