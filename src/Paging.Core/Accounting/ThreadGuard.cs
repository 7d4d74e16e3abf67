using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core.Accounting;

/// <summary>Keeps an engine to one thread. Every system call, fault and missed translation is checked; translation hits are not.</summary>
/// <remarks>A disposed engine belongs to no thread, so one comparison detects both kinds of misuse.</remarks>
internal sealed class ThreadGuard
{
    private OwnerThread _owner;
    private OwnerThread _admitted;    // who owns the engine while a callback keeps everybody out
    private bool _isInCallback;

    public ThreadGuard() => _owner.Become(Thread.CurrentThread);

    /// <summary>The engine has been disposed.</summary>
    public bool IsClosed => _owner.Thread is null && !_isInCallback;

    /// <summary>Returns if the calling thread owns the engine.</summary>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    /// <exception cref="InvalidOperationException">Another thread owns it.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        if (!_owner.IsHere) ThrowMisuse();
    }

    /// <summary>Gives the engine to the calling thread. The caller ensures that the previous owner has finished.</summary>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    public void Bind()
    {
        ThrowIfClosed();
        _owner.Become(Thread.CurrentThread);
    }

    /// <summary>The host's code runs until <see cref="EndCallback"/>: it may not enter.</summary>
    public void BeginCallback()
    {
        _admitted = _owner;
        _isInCallback = true;
        _owner.Become(null);
    }

    /// <summary>The host's code has returned or thrown.</summary>
    public void EndCallback()
    {
        _owner = _admitted;
        _isInCallback = false;
    }

    /// <summary>Marks the engine as disposed. No thread may enter again.</summary>
    public void Close() => _owner.Become(null);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ThrowMisuse()
    {
        ThrowIfClosed();
        if (_isInCallback) throw new InvalidOperationException("A callback of the engine may not call the engine.");
        throw new InvalidOperationException($"This engine belongs to thread {_owner.Thread!.ManagedThreadId} and was called from thread " +
            $"{Environment.CurrentManagedThreadId}. One engine serves one thread; hand it over with BindToCurrentThread.");
    }

    private void ThrowIfClosed()
    {
        if (IsClosed) ThrowClosed();
    }

    [DoesNotReturn]
    private static void ThrowClosed() => throw new ObjectDisposedException("Paging.Core.PagingEngine");
}
