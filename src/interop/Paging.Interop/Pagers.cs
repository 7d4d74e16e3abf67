using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Pagers": memory whose pages the program supplies.</summary>
// SAFETY: as Border.
internal static unsafe class Pagers
{
    [UnmanagedCallersOnly(EntryPoint = "paging_pager_create")]
    public static int Create(ulong engine, byte* name, uint pageCount, PageSource* source, ulong* pager)
    {
        try
        {
            Border.Clear(pager, "pager");
            CalledSource called = new(Sized.Read<PageSource>(source));
            Pager made = Engines.Of(engine).CreatePager(Border.Text(name, "name"), new(pageCount), called);
            *pager = Handles.Add(HandleKind.Pager, made, engine);
            return 0;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_pager_next")]
    public static long TakeRequest(ulong pager)
    {
        try { return Of(pager).TryTakeRequest(out FilePage page) ? page.Value : Border.Code(Errno.EAGAIN); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_pager_supply")]
    public static int Supply(ulong pager, uint page, void* bytes)
    {
        try
        {
            Pager target = Of(pager);
            return Border.Code(bytes == null ? target.SupplyZeros(new(page))
                : target.Supply(new(page), new(bytes, (int)VirtualAddress.PageSize)));
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_pager_fail")]
    public static int Fail(ulong pager, uint page)
    {
        try { return Border.Code(Of(pager).Fail(new(page))); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_pager_pending")]
    public static int CountPending(ulong pager)
    {
        try { return Of(pager).PendingCount; }
        catch (Exception e) { return Border.Refuse(e); }
    }

    private static Pager Of(ulong handle) => Handles.Get<Pager>(handle, HandleKind.Pager);
}
