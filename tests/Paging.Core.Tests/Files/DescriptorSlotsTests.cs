using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The table of descriptors that Core and Guest share. Guest's tests compare it with a plain set.</summary>
public sealed class DescriptorSlotsTests
{
    private const ulong NoLimit = ulong.MaxValue;

    [Fact]
    public void NumbersBeginWithTheFirstAndTheLowestFreeOneComesNext()
    {
        DescriptorSlots<string> slots = new(first: 3);
        Assert.Equal([3, 4, 5], [Add(slots, "a"), Add(slots, "b"), Add(slots, "c")]);
        Assert.True(slots.TryTake(new(4), out string? taken));
        Assert.Equal("b", taken);
        Assert.False(slots.TryTake(new(4), out _));
        Assert.Equal(10, Add(slots, "d", from: 10));
        Assert.Equal([4, 6], [Add(slots, "e"), Add(slots, "f")]);
        Assert.Equal(11, slots.End);
        foreach (int number in (ReadOnlySpan<int>)[int.MinValue, -1, 0, 2, 7, 11, int.MaxValue]) Assert.False(slots.TryGet(new(number),
            out _));
    }

    [Fact]
    public void AtTheLimitNothingIsAddedAndAReplacementReturnsTheOldFile()
    {
        DescriptorSlots<string> slots = new();
        Assert.True(slots.HasRoom(1));
        Assert.Equal([0, 1], [Add(slots, "a"), Add(slots, "b")]);
        Assert.False(slots.HasRoom(2));
        Assert.False(slots.TryAdd("c", closeOnExec: false, limit: 2, from: 0, out _));
        Assert.True(slots.Replace(new(1), "c", closeOnExec: true, out string? replaced));
        Assert.Equal(("b", true, 2), (replaced, slots.IsCloseOnExec(new(1)), slots.End));
        Assert.False(slots.Replace(new(5), "d", closeOnExec: false, out _));
        Assert.Equal(2, Add(slots, "e"));
    }

    [Fact]
    public void TheMarkBelongsToTheNumberAndGoesWithIt()
    {
        DescriptorSlots<string> slots = new();
        Assert.True(slots.TryAdd("a", closeOnExec: true, NoLimit, from: 0, out Descriptor descriptor));
        Assert.True(slots.IsCloseOnExec(descriptor));
        slots.SetCloseOnExec(descriptor, closeOnExec: false);
        Assert.False(slots.IsCloseOnExec(descriptor));
        slots.SetCloseOnExec(descriptor, closeOnExec: true);
        slots.SetCloseOnExec(new(7), closeOnExec: true);
        Assert.Equal((1, false), (slots.End, slots.IsCloseOnExec(new(7))));
        Assert.True(slots.TryTake(descriptor, out _));
        Assert.Equal(0, Add(slots, "b"));
        Assert.False(slots.IsCloseOnExec(descriptor));
    }

    [Fact]
    public void ACopyGoesItsOwnWayAndOnlyIntoAnEmptyTable()
    {
        DescriptorSlots<string> slots = new(first: 3), copy = new(first: 3);
        Assert.Equal([3, 4], [Add(slots, "a"), Add(slots, "b")]);
        Assert.True(slots.TryTake(new(3), out _));
        copy.CopyFrom(slots);
        Assert.Equal(3, Add(copy, "c"));
        Assert.False(slots.TryGet(new(3), out _));
        Assert.True(copy.TryGet(new(4), out string? both));
        Assert.Equal("b", both);
        Assert.Throws<InvalidOperationException>(() => copy.CopyFrom(slots));
        Assert.Throws<InvalidOperationException>(() => new DescriptorSlots<string>().CopyFrom(slots));
        Assert.Throws<ArgumentOutOfRangeException>(() => slots.Replace(new(2), "d", closeOnExec: false, out _));
        copy.Clear();
        Assert.Equal((3, 3), (copy.End, Add(copy, "e")));
    }

    private static int Add(DescriptorSlots<string> slots, string file, int from = 0)
    {
        Assert.True(slots.TryAdd(file, closeOnExec: false, NoLimit, from, out Descriptor descriptor));
        return descriptor.Number;
    }
}
