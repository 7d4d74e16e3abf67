namespace Paging.Processors;

/// <summary>The operations of a processor on its contexts.</summary>
internal interface IContextStore
{
    /// <summary>The selectors of its tasks.</summary>
    SegmentSelectors Selectors { get; }

    /// <summary>Checks that a context can be used with this processor, now.</summary>
    /// <exception cref="ArgumentException">It is another processor's.</exception>
    /// <exception cref="ObjectDisposedException">It is gone, or the processor.</exception>
    void Check(GuestContext context, string name);

    /// <summary>All registers as after execve(2).</summary>
    void Reset(GuestContext context);

    /// <summary>Copies what is not in <see cref="GuestContext.Registers"/>.</summary>
    void Copy(GuestContext source, GuestContext destination);

    /// <summary>The context's segments have changed. False: they are loaded when it is switched to.</summary>
    bool TryReloadTls(GuestContext context);

    /// <summary>Reads floating point as <c>fxsave</c> lays it out.</summary>
    void SaveFloatingPoint(GuestContext context, Span<byte> area);

    /// <summary>Writes it.</summary>
    void RestoreFloatingPoint(GuestContext context, ReadOnlySpan<byte> area);

    /// <summary>How many bytes of state a task has that are not in <c>fxsave</c>'s 512: the header and what follows it; 0: none.</summary>
    int ExtendedByteLength { get; }

    /// <summary>Reads them as <c>xsave</c> lays them out, from its header on.</summary>
    void SaveExtended(GuestContext context, Span<byte> area);

    /// <summary>Writes them, after <see cref="RestoreFloatingPoint"/>. Parts that the processor refuses are reset.</summary>
    void RestoreExtended(GuestContext context, ReadOnlySpan<byte> area);

    /// <summary>Frees what the context has.</summary>
    void Forget(GuestContext context);
}
