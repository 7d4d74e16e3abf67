using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Costs;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Swap and groups".</summary>
// SAFETY: as Border.
internal static unsafe class SwapCalls
{
    [Export("paging_swap_on")]
    public static Errno SwitchOn(ulong engine, byte* name, SwapStore* store, ulong* swap)
    {
        Border.Clear(swap, "swap");
        return Add(Engines.Of(engine), null, engine, new CalledSwap(Border.Text(name, "name"), Sized.Read<SwapStore>(store)), swap);
    }

    [Export("paging_swap_on_memory")]
    public static Errno SwitchOnMemory(ulong engine, ulong byteLength, ulong* swap)
    {
        Border.Clear(swap, "swap");
        return Add(Engines.Of(engine), null, engine, new MemorySwapStore(byteLength), swap);
    }

    [Export("paging_ledger_swap_on")]
    public static Errno SwitchOnTimed(ulong ledger, byte* name, SwapStore* store, ulong* swap)
    {
        Border.Clear(swap, "swap");
        OpenLedger open = Ledgers.Of(ledger);
        return Add(open.Engine, open.Costs, ledger, new CalledSwap(Border.Text(name, "name"), Sized.Read<SwapStore>(store)), swap);
    }

    [Export("paging_ledger_swap_on_memory")]
    public static Errno SwitchOnTimedMemory(ulong ledger, ulong byteLength, ulong* swap)
    {
        Border.Clear(swap, "swap");
        OpenLedger open = Ledgers.Of(ledger);
        return Add(open.Engine, open.Costs, ledger, new MemorySwapStore(byteLength), swap);
    }

    /// <summary>swapoff(2), for <see cref="Engines.Free"/>.</summary>
    public static Errno SwitchOff(ulong swap)
    {
        SwapDevice device = Handles.Get<SwapDevice>(swap, HandleKind.Swap);
        Errno error = Engines.Of(Handles.EngineOf(swap)).Swap.SwitchOff(device);
        if (error == Errno.None) Handles.Remove(swap);
        else Border.Explain(error, error switch
        {
            Errno.ENOMEM => $"RAM, or the limit of a group, has no room for the pages on '{device.Name}': it stays in use.",
            Errno.EIO => $"A page on '{device.Name}' cannot be read: it stays in use.",
            _ => $"'{device.Name}' is not in use.",
        });
        return error;
    }

    [Export("paging_group_create")]
    public static Errno CreateGroup(ulong engine, byte* name, ulong limitFrames, ulong* group)
    {
        Border.Clear(group, "group");
        MemoryGroupOptions options = new() { Name = Border.Text(name, "name"), Limit = LimitOf(limitFrames) };
        Errno error = Engines.Of(engine).Groups.Create(options, out MemoryGroup? made);
        if (error == Errno.None) *group = Handles.Add(HandleKind.Group, made!, engine);
        return error;
    }

    [Export("paging_group_create_with")]
    public static Errno CreateGroupWith(ulong engine, byte* name, GroupOptions* options, ulong* group)
    {
        Border.Clear(group, "group");
        PagingEngine owner = Engines.Of(engine);
        GroupOptions given = Sized.Read<GroupOptions>(options);
        MemoryGroupOptions wanted = new()
        {
            Name = Border.Text(name, "name"),
            Limit = given.LimitFrames == 0 ? null : LimitOf(given.LimitFrames),
            OutOfMemory = Border.Flag(given.OutOfMemory, "out_of_memory") ? OutOfMemoryPolicy.Kill : OutOfMemoryPolicy.Report,
            CountsTables = !Border.Flag(given.ExcludesTables, "excludes_tables"),
            Policy = CalledPolicy.Of(given.Policy),
        };
        Errno error = owner.Groups.Create(wanted, out MemoryGroup? made);
        if (error == Errno.None) *group = Handles.Add(HandleKind.Group, made!, engine);
        return error;
    }

    [Export("paging_group_set_limit")]
    public static Errno SetLimit(ulong group, ulong limitFrames) =>
        Handles.Get<MemoryGroup>(group, HandleKind.Group).SetLimit(LimitOf(limitFrames));

    /// <summary>Removes a group, for <see cref="Engines.Free"/>.</summary>
    public static Errno RemoveGroup(ulong group)
    {
        Errno error = Engines.Of(Handles.EngineOf(group)).Groups.Remove(Handles.Get<MemoryGroup>(group, HandleKind.Group));
        if (error == Errno.None) Handles.Remove(group);
        return error;
    }

    private static FrameCount? LimitOf(ulong frames) => frames <= uint.MaxValue ? new FrameCount((uint)frames) : null;

    private static Errno Add(PagingEngine owner, CostLedger? ledger, ulong place, ISwapStore store, ulong* swap)
    {
        Errno error = owner.Swap.SwitchOn(ledger is null ? store : ledger.Time(store), out SwapDevice? device);
        if (error == Errno.None) *swap = Handles.Add(HandleKind.Swap, device!, Handles.EngineOf(place));
        else
        {
            if (error == Errno.EPERM) Border.Explain(error, "The engine has 16 swap devices, and no more.");
            else Border.Explain(error, $"A swap device has from 1 to 2^24 slots, with PAE 2^27. slot_count is {store.SlotCount}.");
            store.Dispose();
        }

        return error;
    }
}
