using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Native.Diagnostics;

namespace Paging.Native.Collections;

/// <summary>A doubly linked list through links inside the records: 12 bytes for the whole list, nothing for an item.</summary>
/// <remarks>
/// <code>
///   First ─► [a] ◄─► [b] ◄─► [c] ◄─ Last        the ends link to 0
/// </code>
/// Every operation but <see cref="Audit"/> is O(1). An item is in at most one list for each pair of links it has; its links
/// are 0 while it is in none. Every mutation checks the neighbours when checks are on, as CONFIG_LIST_HARDENED does in Linux.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 12)]
internal struct IntrusiveList
{
    private const ulong OneItem = 1UL << 32;

    /// <summary>The first item; 0 in an empty list.</summary>
    [FieldOffset(0)] public uint First;

    /// <summary>L2: the number of items.</summary>
    [FieldOffset(4)] public uint Count;

    /// <summary>The last item; 0 in an empty list.</summary>
    [FieldOffset(8)] public uint Last;

    [FieldOffset(0)] private ulong _firstAndCount;

    /// <summary>Puts an item before all others.</summary>
    public static void AddFirst<TItems>(ref IntrusiveList list, TItems items, uint item)
        where TItems : struct, ILinkedItems
    {
        uint next = list.First;
        items.Links(item) = new() { Next = next };
        PutFirst(ref list, items, item, next);
    }

    /// <summary>
    /// Puts an item before all others. The caller has set the item's links already: forwards to the present first item, backwards to none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PutFirst<TItems>(ref IntrusiveList list, TItems items, uint item, uint next)
        where TItems : struct, ILinkedItems
    {
        ref uint fromEnd = ref next == 0 ? ref list.Last : ref items.Links(next).Previous;
        if (Check.Cheap && (list.First != next || fromEnd != 0)) ThrowNotLinked(item, items.Links(item), list.First, fromEnd);
        fromEnd = item;
        list._firstAndCount = ((list._firstAndCount & ~(OneItem - 1)) | item) + OneItem;    // in one store
    }

    /// <summary>Moves all items of another list before the items of this one, in their order. The other list is empty then.</summary>
    public static void Prepend<TItems>(ref IntrusiveList list, TItems items, ref IntrusiveList other)
        where TItems : struct, ILinkedItems
    {
        if (other.Count == 0) return;
        ref uint fromEnd = ref list.First == 0 ? ref list.Last : ref items.Links(list.First).Previous;
        if (Check.Cheap && (fromEnd != 0 || items.Links(other.First).Previous != 0 || items.Links(other.Last).Next != 0))
            ThrowNotLinked(other.First, items.Links(other.First), list.First, fromEnd);
        fromEnd = other.Last;
        items.Links(other.Last).Next = list.First;
        list.First = other.First;
        list.Count += other.Count;
        other = default;
    }

    /// <summary>Puts an item after all others.</summary>
    public static void AddLast<TItems>(ref IntrusiveList list, TItems items, uint item)
        where TItems : struct, ILinkedItems => Link(ref list, items, list.Last, item, 0);

    /// <summary>Takes an item out.</summary>
    public static void Remove<TItems>(ref IntrusiveList list, TItems items, uint item)
        where TItems : struct, ILinkedItems
    {
        ref ListLinks links = ref items.Links(item);
        (uint next, uint previous) = (links.Next, links.Previous);
        ref uint fromBefore = ref previous == 0 ? ref list.First : ref items.Links(previous).Next;
        ref uint fromEnd = ref next == 0 ? ref list.Last : ref items.Links(next).Previous;
        if (Check.Cheap && (fromBefore != item || fromEnd != item)) ThrowNotLinked(item, links, fromBefore, fromEnd);
        fromBefore = next;
        fromEnd = previous;
        links = default;
        list.Count--;
    }

    /// <summary>Removes a run of adjacent items. The items stay linked to each other.</summary>
    public static void RemoveRun<TItems>(ref IntrusiveList list, TItems items, uint first, uint last, uint count)
        where TItems : struct, ILinkedItems
    {
        uint previous = items.Links(first).Previous, next = items.Links(last).Next;
        ref uint fromBefore = ref previous == 0 ? ref list.First : ref items.Links(previous).Next;
        ref uint fromEnd = ref next == 0 ? ref list.Last : ref items.Links(next).Previous;
        if (Check.Cheap && (fromBefore != first || fromEnd != last)) ThrowNotLinked(first, items.Links(first), fromBefore, fromEnd);
        fromBefore = next;
        fromEnd = previous;
        list.Count -= count;
    }

    /// <summary>Walks the list and recounts.</summary>
    public static void Audit<TItems>(ref readonly IntrusiveList list, TItems items, AuditReport report)
        where TItems : struct, ILinkedItems
    {
        uint previous = 0, counted = 0;
        for (uint item = list.First; item != 0; item = items.Links(item).Next)
        {
            if (counted == list.Count)
            {
                report.Add("L2", $"more than {list.Count} items are linked: {item} is one too many");
                return;    // perhaps a ring
            }
            // L1  neighbours point at each other.
            if (items.Links(item).Previous != previous)
                report.Add("L1", $"item {item} has {items.Links(item).Previous} before it, but was reached from {previous}");
            previous = item;
            counted++;
        }
        if (list.Last != previous) report.Add("L1", $"the list ends at {previous}, not at {list.Last}");
        // L2  the count is the number of items linked.
        report.AddIfDifferent("L2", "linked items", counted, list.Count);
    }

    private static void Link<TItems>(ref IntrusiveList list, TItems items, uint previous, uint item, uint next)
        where TItems : struct, ILinkedItems
    {
        ref ListLinks links = ref items.Links(item);
        ref uint fromBefore = ref previous == 0 ? ref list.First : ref items.Links(previous).Next;
        ref uint fromEnd = ref next == 0 ? ref list.Last : ref items.Links(next).Previous;
        if (Check.Cheap && (fromBefore != next || fromEnd != previous)) ThrowNotLinked(item, links, fromBefore, fromEnd);
        links.Next = next;
        links.Previous = previous;
        fromBefore = fromEnd = item;
        list.Count++;
    }

    [DoesNotReturn]
    private static void ThrowNotLinked(uint item, ListLinks links, uint fromBefore, uint fromEnd) =>
        throw new InvariantException(
            $"L1: item {item} between {links.Previous} and {links.Next} does not fit its neighbours, which point at " +
            $"{fromBefore} and {fromEnd}. It is in no list, in another one, or in this one already.");
}
