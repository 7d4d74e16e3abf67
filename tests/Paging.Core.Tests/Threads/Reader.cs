using System.Runtime.ExceptionServices;
using Paging.Native;

namespace Paging.Core.Tests;

/// <summary>A thread that reads one byte of a process's memory.</summary>
internal sealed class Reader
{
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;
    private int _result;

    public Reader(PagingEngine engine, UserProcess process, VirtualAddress at)
    {
        _thread = new(() =>
        {
            try
            {
                using VirtualProcessor processor = engine.Threads.CreateProcessor();
                processor.Run(process);
                _result = process.Memory.Mmu.TryRead(at, out byte value, out MemoryFault fault) ? value : -(int)fault.Kind;
                processor.Rest();
            }
            catch (Exception thrown)
            {
                _failure = ExceptionDispatchInfo.Capture(thrown);
            }
        });
        _thread.Start();
    }

    public bool IsDone => !_thread.IsAlive;

    /// <summary>Waits for the thread's end. Returns the byte; or, negative, the kind of fault.</summary>
    public int Await()
    {
        int result = AwaitEnd();
        _failure?.Throw();
        return result;
    }

    /// <summary>As <see cref="Await"/>, but returns the least number if the thread has thrown.</summary>
    public int AwaitEnd()
    {
        if (!_thread.Join(TimeSpan.FromSeconds(60))) throw new TimeoutException("The reader hangs.");
        return _failure is null ? _result : int.MinValue;
    }
}
