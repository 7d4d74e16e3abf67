using System.Diagnostics.CodeAnalysis;
using Paging.Core;

namespace Paging.Policies.Tests;

/// <summary>A policy of the simulator on the live engine: the two interfaces say the same, member by member.</summary>
internal struct LivePolicy<TPolicy>(TPolicy policy) : IReclaimPolicy where TPolicy : struct, IReplacementPolicy
{
    private TPolicy _policy = policy;

    [UnscopedRef] private ref TPolicy Policy => ref _policy;    // by reference: a call on a copy would change the copy

    public void Missed(PageIdentity page) => Policy.Missed(page.Word);

    public void Loaded(int slot, PageIdentity page) => Policy.Loaded(slot, page.Word);

    public void Hit(int slot) => Policy.Hit(slot);

    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IAccessedBits
    {
        Bits<TBits> adapted = new(bits);
        return Policy.FindVictim(ref adapted);
    }

    public void Evicted(int slot, PageIdentity page) => Policy.Evicted(slot, page.Word);

    public void Removed(int slot) => Policy.Removed(slot);

    private struct Bits<TBits>(TBits bits) : IReferenceBits where TBits : struct, IAccessedBits
    {
        private TBits _bits = bits;

        [UnscopedRef] private ref TBits Inner => ref _bits;

        public bool TakeReferenced(int slot) => Inner.TakeAccessed(slot);
    }
}
