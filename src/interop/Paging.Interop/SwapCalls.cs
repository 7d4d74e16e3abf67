using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Swap and groups".</summary>
// SAFETY: as Border.
internal static unsafe class SwapCalls
{
    [UnmanagedCallersOnly(EntryPoint = "paging_swap_on")]
    public static int SwitchOn(ulong engine, byte* name, SwapStore* store, ulong* swap)
    {
        try
        {
            Border.Clear(swap, "swap");
            CalledSwap called = new(Border.Text(name, "name"), Sized.Read<SwapStore>(store));
            return Add(engine, called, swap);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_swap_on_memory")]
    public static int SwitchOnMemory(ulong engine, ulong byteLength, ulong* swap)
    {
        try
        {
            Border.Clear(swap, "swap");
            _ = Engines.Of(engine);
            return Add(engine, new MemorySwapStore(byteLength), swap);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_swap_off")]
    public static int SwitchOff(ulong swap)
    {
        try
        {
            SwapDevice device = Handles.Get<SwapDevice>(swap, HandleKind.Swap);
            Errno error = Engines.Of(Handles.EngineOf(swap)).SwapOff(device);
            if (error == Errno.None) Handles.Remove(swap);
            return Border.Code(error);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_group_create")]
    public static int CreateGroup(ulong engine, byte* name, ulong limitFrames, ulong* group)
    {
        try
        {
            Border.Clear(group, "group");
            MemoryGroupOptions options = new() { Name = Border.Text(name, "name"), Limit = LimitOf(limitFrames) };
            Errno error = Engines.Of(engine).CreateGroup(options, out MemoryGroup? made);
            if (error == Errno.None) *group = Handles.Add(HandleKind.Group, made!, engine);
            return Border.Code(error);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_group_set_limit")]
    public static int SetLimit(ulong group, ulong limitFrames)
    {
        try { return Border.Code(Handles.Get<MemoryGroup>(group, HandleKind.Group).SetLimit(LimitOf(limitFrames))); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_group_remove")]
    public static int RemoveGroup(ulong group)
    {
        try
        {
            Errno error = Engines.Of(Handles.EngineOf(group)).RemoveGroup(Handles.Get<MemoryGroup>(group, HandleKind.Group));
            if (error == Errno.None) Handles.Remove(group);
            return Border.Code(error);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    private static FrameCount? LimitOf(ulong frames) => frames <= uint.MaxValue ? new FrameCount((uint)frames) : null;

    private static int Add(ulong engine, ISwapStore store, ulong* swap)
    {
        Errno error = Engines.Of(engine).SwapOn(store, out SwapDevice? device);
        if (error == Errno.None) *swap = Handles.Add(HandleKind.Swap, device!, engine);
        else store.Dispose();
        return Border.Code(error);
    }
}
