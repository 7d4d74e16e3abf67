using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core.Reclaim;
using Paging.Policies;

namespace Paging.Interop;

/// <summary>A replacement policy whose decisions are functions of a C program.</summary>
// SAFETY: the functions and their context are C's for as long as the engine may call them.
internal readonly unsafe struct CalledPolicy(Policy calls) : IReplacementPolicy
{
    private readonly Policy _calls = calls;

    /// <summary>The policy that a structure of C's describes; null if there is none.</summary>
    /// <exception cref="RefusalException">A function is missing, or the library has no policy of this name.</exception>
    public static ReclaimPolicy? Of(void* structure)
    {
        if (structure == null) return null;
        Policy calls = Sized.Read<Policy>(structure);
        AccessInformation information = Border.Flag(calls.Information, "information")
            ? AccessInformation.EveryAccess : AccessInformation.AccessedBits;
        if (calls.Name != null)
        {
            string name = Border.Text(calls.Name, "name");
            return ReclaimPolicy.Of(PolicyEntry.Find(name) ?? throw NoSuchPolicy(name), information);
        }

        Border.Need(calls.Loaded, "loaded");
        Border.Need(calls.FindVictim, "find_victim");
        return ReclaimPolicy.Of(frames =>
        {
            if (calls.Begin != null) Called.ThrowIfRefused(calls.Begin(calls.Context, (uint)frames), "begin");
            return new CalledPolicy(calls);
        }, information);
    }

    public void Missed(ulong page)
    {
        if (_calls.Missed != null) Called.ThrowIfRefused(_calls.Missed(_calls.Context, page), "missed");
    }

    public void Loaded(int slot, ulong page) => Called.ThrowIfRefused(_calls.Loaded(_calls.Context, slot, page), "loaded");

    public void Hit(int slot)
    {
        if (_calls.Hit != null) Called.ThrowIfRefused(_calls.Hit(_calls.Context, slot), "hit");
    }

    // SAFETY: the bits lie on the caller's stack, which does not move, until the function has returned.
    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits
    {
        AskedPages pages = new(Unsafe.AsPointer(ref bits), &Ask<TBits>);
        PageBits shown = new()
        {
            Size = (uint)sizeof(PageBits),
            Pages = &pages,
            TakeAccessed = &TakeAccessed,
            IsDirty = &IsDirty,
        };
        int answer = _calls.FindVictim(_calls.Context, &shown);
        if (answer < IReplacementPolicy.None) Called.ThrowIfRefused(answer, "find_victim");
        return answer;
    }

    public void Evicted(int slot, ulong page)
    {
        if (_calls.Evicted != null) Called.ThrowIfRefused(_calls.Evicted(_calls.Context, slot, page), "evicted");
    }

    public void Removed(int slot)
    {
        if (_calls.Removed != null) Called.ThrowIfRefused(_calls.Removed(_calls.Context, slot), "removed");
    }

    private static RefusalException NoSuchPolicy(string name) => new(BorderCode.BadArgument,
        $"There is no policy '{name}': there are {string.Join(", ", PolicyEntry.All.Select(static one => one.Name))}.");

    // A type argument cannot reach a function that C calls, so the pointer to this one does.
    private static bool Ask<TBits>(void* bits, int slot, bool takesAccessed) where TBits : struct, IPageBits
    {
        ref TBits asked = ref Unsafe.AsRef<TBits>(bits);
        return takesAccessed ? asked.TakeAccessed(slot) : asked.IsDirty(slot);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int TakeAccessed(void* pages, int slot) => Answer(pages, slot, takesAccessed: true);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int IsDirty(void* pages, int slot) => Answer(pages, slot, takesAccessed: false);

    private static int Answer(void* pages, int slot, bool takesAccessed)
    {
        try { return ((AskedPages*)pages)->Ask(slot, takesAccessed) ? 1 : 0; }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException)
        {
            return Border.Refuse(new RefusalException(BorderCode.BadArgument, $"Slot {slot} has no page."));
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    private readonly struct AskedPages(void* bits, delegate*<void*, int, bool, bool> ask)
    {
        public bool Ask(int slot, bool takesAccessed) => ask(bits, slot, takesAccessed);
    }
}
