namespace Paging.Native.Translation;

/// <summary>The part of a call in which a window loses many pages one by one: pages side by side are one call of the host.</summary>
/// <remarks>It ends before the call does. In an engine with many threads it does nothing, as each page goes at once there (T13).</remarks>
internal readonly ref struct WindowBatch
{
    private readonly ShownPages? _window;

    /// <summary>Begins a batch, if the cache's space has a window. Batches may be nested.</summary>
    public WindowBatch(TranslationCache cache)
    {
        if (cache.Window is not { } window || cache.IsShared) return;
        _window = window;
        window.BeginBatch();
    }

    /// <summary>Takes away what is left.</summary>
    public void Dispose() => _window?.EndBatch();
}
