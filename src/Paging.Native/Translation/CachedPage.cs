using System.Runtime.CompilerServices;
using Paging.Native.Diagnostics;

namespace Paging.Native.Translation;

/// <summary>A page that a <see cref="TranslationCache"/> had cached for reading when it was chosen, until the cache's epoch ends.</summary>
/// <remarks>
/// For callers that must check more about a page than the cache does, and would otherwise check it on each read.
/// Cost: a hit is two comparisons and a load. Threading: one thread's; it chooses on the slow path, and hits as the cache's hits do.
/// </remarks>
internal struct CachedPage(TranslationCache cache)
{
    private const ulong Never = ulong.MaxValue;    // no cache counts so far

    private ulong _epoch = Never;
    private uint _start;
    private unsafe byte* _bytes;

    /// <summary>Reads a value that lies within the page. Returns false elsewhere, and after anything was taken out of the cache.</summary>
    // SAFETY: the bytes are those of a page that the cache held at this epoch, so it holds them still; the value ends within the page.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly unsafe bool TryRead<T>(VirtualAddress address, out T value) where T : unmanaged
    {
        if (Check.Cheap) cache.CheckUser();
        uint offset = address.Value - _start;    // wraps to a huge offset before the page
        bool isWithin = sizeof(T) <= (int)VirtualAddress.PageSize && offset <= VirtualAddress.PageSize - (uint)sizeof(T);
        if (!isWithin || _epoch != cache.Epoch)
        {
            value = default;
            return false;
        }

        value = Unsafe.ReadUnaligned<T>(_bytes + offset);
        return true;
    }

    /// <summary>Chooses the page of an address, if it is cached for reading.</summary>
    // SAFETY: the cache has the host's address of the byte, so the page begins as far before it as in the guest.
    public unsafe void Choose(VirtualAddress address)
    {
        byte* host = cache.HostForRead(address);
        (_start, _epoch) = (address.Value - (uint)address.OffsetInPage, host == null ? Never : cache.Epoch);
        _bytes = host - address.OffsetInPage;
    }

    /// <summary>Keeps the page if only one other page was taken away since this one was chosen or last renewed.</summary>
    /// <remarks>As after a copy on write. Precondition: nothing is taken away meanwhile. Cost: some loads.</remarks>
    public bool TryRenew()
    {
        PageNumber other = cache.LastSingle;
        if (_epoch == Never || other.Address.Value == _start || !cache.HasLostOnly(other, _epoch)) return false;
        _epoch = cache.Epoch;
        return true;
    }

    /// <summary>Every read fails until a page is chosen.</summary>
    public void Drop() => _epoch = Never;
}
