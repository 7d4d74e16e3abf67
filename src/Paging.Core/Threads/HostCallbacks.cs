using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Paging.Native.Memory;

namespace Paging.Core.Threads;

/// <summary>Calls of the host's code from inside an operation: of backings, swap stores, devices and page sources.</summary>
/// <remarks>
/// The host's code may not enter the engine. An exception in it waits until the operation has ended (<see cref="CallerCheck.Leave()"/>).
/// Native code that calls a device by itself is in no operation, and stores <see cref="ByNativeCode"/> (<see cref="INativeDevice"/>).
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A SafeHandle, which the collector frees when it is no longer reachable.")]
internal sealed class HostCallbacks(CallerCheck callers)
{
    private const uint None = 0, ByNativeCode = 1, InOperation = 2;

    private bool _isRunning;
    private HostWord? _word;    // says the same to native code, once that has asked; and is told by it

    /// <summary>The host's address of the word that is not 0 while code of the host runs.</summary>
    public nint Word => (_word ??= new() { Value = _isRunning ? InOperation : None }).Address;

    /// <summary>True if native code of the calling thread has called a device of the engine, and waits for it.</summary>
    public bool IsNativeCodeWaiting => _word is { Value: ByNativeCode } && callers.IsHere;    // only an engine of one thread shows devices

    /// <summary>Begins a call of the host's code, which ends with the result.</summary>
    public HostCall Begin()
    {
        callers.Block();
        _isRunning = true;
        _word?.Value = InOperation;
        return new(this);
    }

    /// <summary>Ends a call of the host's code: <see cref="HostCall.Dispose"/>.</summary>
    internal void End()
    {
        _isRunning = false;
        _word?.Value = None;
        callers.Unblock();
    }

    /// <summary>Keeps an exception that the host's code threw until the operation has ended.</summary>
    /// <returns>EIO, the error that the engine makes of the exception.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Errno FailAsIoError(Exception failure)
    {
        callers.Keep(failure);
        return Errno.EIO;
    }

    /// <summary>Calls the host's code: an exception becomes EIO, and a call of the engine from inside is refused.</summary>
    /// <param name="state">The arguments of the code. The code itself is static, so that a call allocates nothing.</param>
    /// <param name="callback">The code.</param>
    public Errno Call<TState>(TState state, Func<TState, Errno> callback) =>
        Call(state, callback, static (state, callback) => callback(state));

    /// <summary>The same, for code that also needs a span.</summary>
    public Errno Call<TState, TBytes>(TState state, TBytes bytes, Func<TState, TBytes, Errno> callback) where TBytes : allows ref struct
    {
        using HostCall call = Begin();
        try
        {
            return callback(state, bytes);
        }
        catch (Exception failure)
        {
            return FailAsIoError(failure);
        }
    }

    /// <summary>Throws if the host's code makes the call.</summary>
    public void ThrowIfRunning()
    {
        if (_isRunning || IsNativeCodeWaiting)
            throw new InvalidOperationException("This engine is in the middle of an operation that waits for a callback of the host, " +
                "such as a file's backing. The callback cannot call the engine; make the call after the operation has returned.");
    }
}

/// <summary>A call of the host's code: the engine refuses its calls until this is disposed. The default is none.</summary>
internal readonly ref struct HostCall(HostCallbacks? callbacks)
{
    public void Dispose() => callbacks?.End();
}

/// <summary>The first exception of a callback that has not reached the host. It is thrown unchanged, later ones are dropped.</summary>
internal struct WaitingException
{
    private ExceptionDispatchInfo? _first;

    public readonly bool IsWaiting => _first is not null;

    public void Keep(Exception failure) => _first ??= ExceptionDispatchInfo.Capture(failure);

    /// <summary>Returns the exception, to be thrown now; null without one.</summary>
    public ExceptionDispatchInfo? Take()
    {
        ExceptionDispatchInfo? first = _first;
        _first = null;
        return first;
    }
}
