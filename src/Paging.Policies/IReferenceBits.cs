namespace Paging.Policies;

/// <summary>The accessed bits of the hardware, by slot. A policy asks where its algorithm would look at a page anyway.</summary>
/// <remarks>
/// The processor sets the A bit of an entry at any access and says nothing to anybody; an engine gathers the bits of all
/// entries that map the frame (reverse map) and clears them. Whether a page is dirty matters to who writes it back, not to
/// who chooses it: no policy here asks.
/// </remarks>
public interface IReferenceBits
{
    /// <summary>Was the page accessed since the last question? Clears the answer.</summary>
    bool TakeReferenced(int slot);
}

/// <summary>No bits: every access is reported through <see cref="IReplacementPolicy.Hit"/>.</summary>
public readonly struct NoReferenceBits : IReferenceBits
{
    /// <inheritdoc/>
    public bool TakeReferenced(int slot) => false;
}
