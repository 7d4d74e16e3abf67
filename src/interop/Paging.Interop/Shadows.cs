using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Byte shadows".</summary>
// SAFETY: as Border.
internal static unsafe class Shadows
{
    [Export("paging_shadow_open")]
    public static void Open(ulong process, ulong* shadow)
    {
        Border.Clear(shadow, "shadow");
        ByteShadow opened = Processes.Of(process).Memory.OpenByteShadow();
        *shadow = Handles.Add(HandleKind.Shadow, opened, Handles.EngineOf(process));
    }

    [Export("paging_shadow_mark")]
    public static Errno Mark(ulong shadow, uint start, uint byteLength, uint state)
    {
        ByteShadow target = Of(shadow);
        if (state > (uint)ByteState.Unaddressable)
            throw new RefusalException(BorderCode.BadArgument, $"state must be one of PAGING_BYTE_, not {state}.");
        return target.Mark(new(start), byteLength, (ByteState)state);
    }

    [Export("paging_shadow_state")]
    public static int GetState(ulong shadow, uint address) => (int)Of(shadow)[new VirtualAddress(address)];

    [Export("paging_shadow_find")]
    public static long Find(ulong shadow, uint start, uint byteLength, uint alsoUninitialized) =>
        Of(shadow).TryFind(new(start), byteLength, alsoUninitialized != 0, out VirtualAddress found)
            ? found.Value : Border.Code(Errno.ENOENT);

    [Export("paging_shadow_set")]
    public static void Set(ulong shadow, uint refusesUninitialized, uint isEnforced)
    {
        ByteShadow target = Of(shadow);
        target.RefusesUninitialized = refusesUninitialized != 0;
        target.IsEnforced = isEnforced != 0;
    }

    private static ByteShadow Of(ulong handle) => Handles.Get<ByteShadow>(handle, HandleKind.Shadow);
}
