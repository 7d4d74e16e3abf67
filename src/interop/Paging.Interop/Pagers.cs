using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Pagers": memory whose pages the program supplies.</summary>
// SAFETY: as Border.
internal static unsafe class Pagers
{
    [Export("paging_pager_create")]
    public static void Create(ulong engine, byte* name, uint pageCount, PageSource* source, ulong* pager)
    {
        Border.Clear(pager, "pager");
        CalledSource called = new(Sized.Read<PageSource>(source));
        Pager made = Engines.Of(engine).Files.CreatePager(Border.Text(name, "name"), new(pageCount), called);
        *pager = Handles.Add(HandleKind.Pager, made, engine);
    }

    [Export("paging_pager_next")]
    public static long TakeRequest(ulong pager) => Of(pager).TryTakeRequest(out FilePage page) ? page.Value : Border.Code(Errno.EAGAIN);

    [Export("paging_pager_supply")]
    public static Errno Supply(ulong pager, uint page, void* bytes)
    {
        Pager target = Of(pager);
        return bytes == null ? target.SupplyZeros(new(page)) : target.Supply(new(page), new(bytes, (int)VirtualAddress.PageSize));
    }

    [Export("paging_pager_fail")]
    public static Errno Fail(ulong pager, uint page) => Of(pager).Fail(new(page));

    [Export("paging_pager_pending")]
    public static int CountPending(ulong pager) => Of(pager).PendingCount;

    private static Pager Of(ulong handle) => Handles.Get<Pager>(handle, HandleKind.Pager);
}
