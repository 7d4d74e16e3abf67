using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Paging.Cli.Run;
using Paging.Core;
using Paging.Costs;
using Paging.Guest;
using Paging.View;

namespace Paging.Cli.View;

/// <summary>A guest machine on its own thread, stopped between steps.</summary>
/// <remarks><code>
///   the viewer    TryStep ── _goOn ──►                            ◄── _stopped ── …
///   the machine              ◄── stopped         runs to the end of the next step ──►
/// </code>
/// While the machine is stopped, its engine may be bound to the viewer's thread; the machine takes it back before it continues.
/// </remarks>
internal sealed class SteppedGuest : IGuestObserver, IDisposable
{
    private const int EventCapacity = 1 << 16, QuietStretchesMax = 256, OutputLengthShown = 4000;
    private const string Program = "program";

    private readonly SemaphoreSlim _goOn = new(0), _stopped = new(0);
    private readonly Thread _thread;
    private readonly List<EngineEvent> _happened = [];
    private readonly SafeFileHandle _output;
    private readonly RunCosts? _costs;
    private GuestKernel? _kernel;
    private PagingEngine? _engine;
    private EventRecorder? _events;    // ends with the engine
    private Exception? _failure;
    private ViewedStep _step;
    private int _quietStretches;    // stretches without an event: some of them make a step, so that a loop can be viewed
    private int _skips;    // steps at whose end the machine does not stop
    private bool _isOver;
    private volatile bool _isEnding;

    /// <summary>Loads a program; none of its instructions has run when this returns.</summary>
    /// <param name="make">Makes the machine, with this as its observer and the writer as its trace of calls.</param>
    /// <param name="start">Loads the program.</param>
    /// <param name="output">The file that it writes to as standard output and errors; closed with this.</param>
    /// <param name="costs">Counts its time; it is the sink of the machine's accesses. Null: nothing does.</param>
    public SteppedGuest(Func<IGuestObserver, TextWriter, GuestKernel> make, Func<GuestKernel, Errno> start, SafeFileHandle output,
        RunCosts? costs = null)
    {
        (_output, _costs) = (output, costs);
        _thread = new(() => Run(make, start)) { IsBackground = true, Name = "viewed program" };
        _thread.Start();
        _stopped.Wait();
        if (_failure is null) return;
        Dispose();
        ExceptionDispatchInfo.Throw(_failure);
    }

    /// <summary>The error of loading the program, or none.</summary>
    public Errno Error { get; private set; }

    /// <summary>The machine's engine.</summary>
    public PagingEngine Engine => _engine!;

    /// <summary>The ledger, or null.</summary>
    public CostLedger? Ledger => _costs?.Ledger;

    /// <summary>The registers and next instructions of the threads, while the machine is stopped.</summary>
    public string Threads => _kernel is null || _isOver ? "" : ThreadText.Of(Engine, _kernel.Threads);

    /// <summary>The end of the program's output.</summary>
    public string Output
    {
        get
        {
            long length = RandomAccess.GetLength(_output);
            byte[] bytes = new byte[Math.Min(length, OutputLengthShown)];
            int count = RandomAccess.Read(_output, bytes, length - bytes.Length);
            return Encoding.UTF8.GetString(bytes, 0, count);
        }
    }

    /// <summary>Runs the machine to the end of its next step. Returns false if the program has ended.</summary>
    public bool TryStep(ICollection<EngineEvent> happened, out ViewedStep step)
    {
        step = default;
        if (_isOver) return false;
        _goOn.Release();
        _stopped.Wait();
        if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
        if (_isOver) return false;
        step = _step;
        foreach (EngineEvent one in _happened) happened.Add(one);
        _happened.Clear();
        return true;
    }

    /// <summary>Adds what has happened since the last step, while the machine is stopped and its engine is the caller's.</summary>
    public void TakeEvents(ICollection<EngineEvent> happened)
    {
        EventCollector collector = new(happened);
        _events!.Drain(ref collector);
    }

    /// <summary>Takes a number of steps without stopping between them. Returns how many were taken.</summary>
    public int Skip(int count)
    {
        if (count == 0) return 0;
        _skips = count - 1;
        bool hasMore = TryStep([], out _);
        return count - _skips - (hasMore ? 0 : 1);
    }

    public void Started(PagingEngine engine)
    {
        (_engine, _events) = (engine, engine.RecordEvents(EventCapacity));
        _costs?.Started(engine);
    }

    public void OnProgress(UserProcess process, string? call, long nanoseconds)
    {
        _costs?.OnProgress(process, call, nanoseconds);
        if (call is not null) return;    // its line in the trace comes next
        Drain();
        int faults = _happened.Count(static one => one.IsFault);
        if (faults == 0 && ++_quietStretches < QuietStretchesMax) return;
        End(new(Program, $"process {process.Id} runs", faults == 1 ? "1 page fault" : $"{faults} page faults"));
    }

    /// <summary>Ends the program at any point; nothing of it runs when this returns. It must still be disposed.</summary>
    public void Stop()
    {
        _isEnding = true;
        _kernel?.RequestStop();
        if (_isOver) return;
        _goOn.Release();
        _stopped.Wait();
    }

    /// <summary>Ends the machine at any point.</summary>
    public void Dispose()
    {
        _isEnding = true;
        _kernel?.RequestStop();
        _goOn.Release(2);    // it may be stopped at a step, and stops at its end
        _thread.Join();
        _goOn.Dispose();
        _stopped.Dispose();
        _output.Dispose();
    }

    private void Run(Func<IGuestObserver, TextWriter, GuestKernel> make, Func<GuestKernel, Errno> start)
    {
        try
        {
            _kernel = make(this, new CallLines(this));
            Error = start(_kernel);
            StandStill();
            if (Error == Errno.None && !_isEnding) _kernel.Run();
        }
        catch (Exception exception)
        {
            _failure = exception;    // thrown on the viewer's thread
        }

        _isOver = true;
        _stopped.Release();
        _goOn.Wait();
        _engine?.BindToCurrentThread();
        _kernel?.Dispose();
    }

    private void Drain()
    {
        EventCollector collector = new(_happened);
        _events!.Drain(ref collector);
    }

    private void End(in ViewedStep step)
    {
        if (_isEnding) return;
        (_step, _quietStretches) = (step, 0);
        if (_skips == 0)
        {
            StandStill();
            return;
        }

        _skips--;
        _happened.Clear();
    }

    private void StandStill()
    {
        _stopped.Release();
        _goOn.Wait();
        _engine!.BindToCurrentThread();
    }

    private void EndCall(string line)
    {
        Drain();
        string text = line.TrimEnd('\n');
        int start = text.StartsWith('[') ? text.IndexOf(' ', StringComparison.Ordinal) + 1 : 0, end = text.IndexOf('(', start);
        string name = end < 0 ? "signal" : text[start..end];
        int result = text.LastIndexOf(" = ", StringComparison.Ordinal);
        End(result < 0 ? new(name, text) : new(name, text[..result], text[(result + 3)..]));
    }

    /// <summary>Takes the trace of calls: a line is the end of a call, or a signal.</summary>
    private sealed class CallLines(SteppedGuest guest) : StringWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(string? value) => guest.EndCall(value ?? "");
    }
}
