namespace Paging.Policies.Online;

/// <summary>CLOCK0: the ring of <see cref="ClockPolicy"/>, but a page is loaded with its reference bit clear.</summary>
/// <remarks>
/// Many simulators do it so; a page that is used once gets no second chance. On hardware the bit must be cleared after the
/// access that loaded the page. The two rules differ on nearly every trace.
/// </remarks>
internal struct ClockZeroPolicy : IOnlinePolicy<ClockZeroPolicy>
{
    private ClockRing _ring;

    public static ClockZeroPolicy Create(int frameCount, int reservedFrameCount) => new() { _ring = new(reservedFrameCount) };

    public readonly void Missed(ulong page)
    {
    }

    public void Loaded(int slot, ulong page) => _ring.Load(slot, isReferenced: false);

    public readonly void Hit(int slot) => _ring.Reference(slot);

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits => _ring.FindVictim(ref bits);

    public void Evicted(int slot, ulong page) => _ring.Evict(slot);

    public void Removed(int slot) => _ring.Remove(slot);
}
