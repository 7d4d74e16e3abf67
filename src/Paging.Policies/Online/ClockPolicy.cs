namespace Paging.Policies.Online;

/// <summary>CLOCK: second chance in a ring. The access that loads a page sets its reference bit, as an x86 does.</summary>
/// <remarks>
/// F. J. Corbató, "A paging experiment with the Multics system", 1969. Driven by hardware bits it is exact:
/// it needs no more than one bit a page. See <see cref="ClockZeroPolicy"/> for the other rule of loading.
/// </remarks>
internal struct ClockPolicy : IOnlinePolicy<ClockPolicy>
{
    private ClockRing _ring;

    public static ClockPolicy Create(int frameCount, int reservedFrameCount) => new() { _ring = new(reservedFrameCount) };

    public readonly void Missed(ulong page)
    {
    }

    public void Loaded(int slot, ulong page) => _ring.Load(slot, isReferenced: true);

    public readonly void Hit(int slot) => _ring.Reference(slot);

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits => _ring.FindVictim(ref bits);

    public void Evicted(int slot, ulong page) => _ring.Evict(slot);

    public void Removed(int slot) => _ring.Remove(slot);
}
