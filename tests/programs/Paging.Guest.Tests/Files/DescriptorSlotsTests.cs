using Paging.Guest.Abi;
using Paging.Guest.Vfs;
using Xunit;

namespace Paging.Guest.Tests;

/// <summary>The numbers of open files. <see cref="DescriptorSetTests"/> compares them with a plain set.</summary>
public sealed class DescriptorSlotsTests
{
    private const ulong NoLimit = ulong.MaxValue;

    [Fact]
    public void NumbersBeginWithZeroAndTheLowestFreeOneComesNext()
    {
        DescriptorSlots<string> slots = new();
        Assert.Equal([0, 1, 2], [Add(slots, "a"), Add(slots, "b"), Add(slots, "c")]);
        Assert.True(slots.TryTake(new(1), out string? taken));
        Assert.Equal("b", taken);
        Assert.False(slots.TryTake(new(1), out _));
        Assert.Equal(7, Add(slots, "d", from: 7));
        Assert.Equal([1, 3], [Add(slots, "e"), Add(slots, "f")]);
        Assert.Equal(8, slots.End);
        foreach (int number in (ReadOnlySpan<int>)[int.MinValue, -1, 4, 8, int.MaxValue])
            Assert.False(slots.TryGet(new(number), out _));
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
        DescriptorSlots<string> slots = new(), copy = new();
        Assert.Equal([0, 1], [Add(slots, "a"), Add(slots, "b")]);
        Assert.True(slots.TryTake(new(0), out _));
        copy.CopyFrom(slots);
        Assert.Equal(0, Add(copy, "c"));
        Assert.False(slots.TryGet(new(0), out _));
        Assert.True(copy.TryGet(new(1), out string? both));
        Assert.Equal("b", both);
        Assert.Throws<InvalidOperationException>(() => copy.CopyFrom(slots));
        Assert.Throws<ArgumentOutOfRangeException>(() => slots.Replace(new(-1), "d", closeOnExec: false, out _));
        copy.Clear();
        Assert.Equal((0, 0), (copy.End, Add(copy, "e")));
    }

    private static int Add(DescriptorSlots<string> slots, string file, int from = 0)
    {
        Assert.True(slots.TryAdd(file, closeOnExec: false, NoLimit, from, out Descriptor descriptor));
        return descriptor.Number;
    }
}
