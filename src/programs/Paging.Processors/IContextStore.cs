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

    /// <summary>Copies all state that is not in <see cref="GuestContext.Registers"/>.</summary>
    void Copy(GuestContext source, GuestContext destination);

    /// <summary>Reloads the changed segments of a context. False: the next switch to the context loads them.</summary>
    bool TryReloadTls(GuestContext context);

    /// <summary>Reads the floating-point state in the layout of <c>fxsave</c>.</summary>
    void SaveFloatingPoint(GuestContext context, Span<byte> area);

    /// <summary>Writes the floating-point state.</summary>
    void RestoreFloatingPoint(GuestContext context, ReadOnlySpan<byte> area);

    /// <summary>The bytes of a task's state beyond <c>fxsave</c>'s 512: the header and the parts that follow it; 0: none.</summary>
    int ExtendedByteLength { get; }

    /// <summary>Reads these bytes in the layout of <c>xsave</c>, from its header on.</summary>
    void SaveExtended(GuestContext context, Span<byte> area);

    /// <summary>Writes these bytes, after <see cref="RestoreFloatingPoint"/>. Parts that the processor refuses are reset.</summary>
    void RestoreExtended(GuestContext context, ReadOnlySpan<byte> area);

    /// <summary>Frees the resources of the context.</summary>
    void Forget(GuestContext context);
}
