using Paging.Native.Collections;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

public sealed class IntrusiveListTests
{
    private readonly LinkedRecords.Items _items = new LinkedRecords().All;
    private IntrusiveList _list;

    [Fact]
    public void ItemsAreWhereTheyWerePut()
    {
        IntrusiveList.AddLast(ref _list, _items, 5);
        IntrusiveList.AddFirst(ref _list, _items, 3);
        IntrusiveList.AddLast(ref _list, _items, 9);
        Assert.Equal([3, 5, 9], Walk());
        Assert.Equal(9u, _list.Last);
    }

    [Fact]
    public void RemovingFromEachPlaceLeavesTheOthers()
    {
        foreach (uint item in new uint[] { 1, 2, 3, 4 }) IntrusiveList.AddLast(ref _list, _items, item);
        IntrusiveList.Remove(ref _list, _items, 2);
        Assert.Equal([1, 3, 4], Walk());
        IntrusiveList.Remove(ref _list, _items, 1);
        IntrusiveList.Remove(ref _list, _items, 4);
        Assert.Equal([3], Walk());
        IntrusiveList.Remove(ref _list, _items, 3);
        Assert.Equal(default, _list);
        for (uint item = 1; item <= 4; item++) Assert.Equal(default, _items.Links(item));
    }

    [Fact]
    public void AnItemInNoListCannotBeRemoved()
    {
        IntrusiveList.AddLast(ref _list, _items, 1);
        IntrusiveList.AddLast(ref _list, _items, 2);
        AssertBroken(() => IntrusiveList.Remove(ref _list, _items, 3));
    }

    [Fact]
    public void AnItemCannotBeRemovedFromAnotherList()
    {
        IntrusiveList.AddLast(ref _list, _items, 1);
        AssertBroken(() =>
        {
            IntrusiveList other = default;
            IntrusiveList.AddLast(ref other, _items, 2);
            IntrusiveList.Remove(ref other, _items, 1);
        });
    }

    [Fact]
    public void ALinkThatLeadsElsewhereBreaksL1()
    {
        foreach (uint item in new uint[] { 1, 2, 3 }) IntrusiveList.AddLast(ref _list, _items, item);
        _items.Links(2).Previous = 3;
        Audits.AssertFinds("L1", Audit);
        AssertBroken(() => IntrusiveList.Remove(ref _list, _items, 2));
    }

    [Fact]
    public void ALastItemThatIsNotTheLastBreaksL1()
    {
        foreach (uint item in new uint[] { 1, 2, 3 }) IntrusiveList.AddLast(ref _list, _items, item);
        _list.Last = 2;
        Audits.AssertFinds("L1", Audit);
    }

    [Fact]
    public void AWrongCountAndARingBreakL2()
    {
        foreach (uint item in new uint[] { 1, 2, 3 }) IntrusiveList.AddLast(ref _list, _items, item);
        _list.Count = 4;
        Audits.AssertFinds("L2", Audit);
        _list.Count = 3;
        _items.Links(3).Next = 1;
        Audits.AssertNames("L2", Audit);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void TwoListsAgreeWithTwoManagedOnes() => Property.ForScripts(300, 300, script =>
    {
        LinkedRecords.Items items = new LinkedRecords().All;
        IntrusiveList[] lists = new IntrusiveList[2];
        List<uint>[] models = [[], []];
        foreach (uint word in script)
        {
            uint item = 1 + ((word >> 3) % 63);
            int side = (int)(word >> 20) & 1, home = Array.FindIndex(models, model => model.Contains(item));
            if (home >= 0)
            {
                IntrusiveList.Remove(ref lists[home], items, item);
                models[home].Remove(item);
            }
            else
            {
                Insert(word, item, ref lists[side], models[side], items);
            }
            for (int list = 0; list < 2; list++)
            {
                Assert.Equal(models[list], Walk(lists[list], items));
                Audits.AssertClean(report => IntrusiveList.Audit(in lists[list], items, report));
            }
        }
    });

    private static void Insert(uint word, uint item, ref IntrusiveList list, List<uint> model, LinkedRecords.Items items)
    {
        if ((word & 1) == 0)
        {
            IntrusiveList.AddFirst(ref list, items, item);
            model.Insert(0, item);
        }
        else
        {
            IntrusiveList.AddLast(ref list, items, item);
            model.Add(item);
        }
    }

    private static void AssertBroken(Action act) =>
        Assert.StartsWith("L1", Assert.Throws<InvariantException>(act).Message, StringComparison.Ordinal);

    private static List<uint> Walk(IntrusiveList list, LinkedRecords.Items items)
    {
        List<uint> walked = [];
        for (uint item = list.First; item != 0; item = items.Links(item).Next) walked.Add(item);
        return walked;
    }

    private List<uint> Walk()
    {
        Audits.AssertClean(Audit);
        Assert.Equal(_list.First, Walk(_list, _items).FirstOrDefault());
        return Walk(_list, _items);
    }

    private void Audit(AuditReport report) => IntrusiveList.Audit(in _list, _items, report);
}
