namespace Paging.Core;

/// <summary>Calls of the host's code that an engine waits for, as native code sees them: for bindings to other languages.</summary>
/// <remarks>An <see cref="INativeDevice"/> is called by native code itself, which notes in <see cref="Word"/> that it waits.</remarks>
public sealed class EngineHostCalls
{
    private readonly PagingEngine _engine;

    internal EngineHostCalls(PagingEngine engine) => _engine = engine;

    /// <summary>
    /// The host's address of a word that is 1 while native code, which has called a device by itself, waits for it, and 2 while the engine
    /// waits for code of the host. It lives as long as the engine's object.
    /// </summary>
    public nint Word => _engine.Callers.Callbacks.Word;

    /// <summary>Checks that no native code of the calling thread waits for a device: calls do not check that by themselves.</summary>
    /// <exception cref="InvalidOperationException">It does, so the device is the caller.</exception>
    public void ThrowIfInNativeCall()
    {
        if (_engine.Callers.Callbacks.IsNativeCodeWaiting) _engine.Callers.Callbacks.ThrowIfRunning();
    }
}
