using Paging.Core;
using Paging.Processors.Emulation;

namespace Paging.Processors.Tests;

/// <summary>Processors and contexts that are used when they must not be refuse, and nothing else happens.</summary>
public sealed class ProcessorMisuseTests : IDisposable
{
    private readonly Machine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void ObjectsOfAnotherEngineAreRefused()
    {
        using Machine other = new();
        Assert.Throws<ArgumentException>(() => _machine.Processor.Switch(other.Process, _machine.Context));
        Assert.Throws<ArgumentException>(() => _machine.Processor.Switch(_machine.Process, other.Context));
        Assert.Throws<ArgumentException>(() => other.Context.CopyFrom(_machine.Context));
        Assert.Equal(ProcessorExitKind.SystemCall, _machine.Execute(0xCD, 0x80).Kind);
        Assert.Equal(ProcessorExitKind.SystemCall, other.Execute(0xCD, 0x80).Kind);
    }

    [Fact]
    public void AContextThatIsGoneIsRefused()
    {
        GuestContext context = _machine.Processor.CreateContext();
        context.Dispose();
        context.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _machine.Processor.Switch(_machine.Process, context));
        Assert.Throws<ObjectDisposedException>(context.Reset);
        Assert.Throws<ObjectDisposedException>(() => _machine.Context.CopyFrom(context));
        Assert.Throws<ObjectDisposedException>(() => context.SaveFloatingPoint(new byte[512]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _machine.Context.SaveFloatingPoint(new byte[511]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _machine.Context.RestoreFloatingPoint(new byte[160]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _machine.Processor.RunFor(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentNullException>(() => _machine.Processor.Trace(null!));
    }

    [Fact]
    public void AContextThatWasResetIsToBeSwitchedToAgain()
    {
        ExactRuns exact = _machine.Processor.Exact;
        _machine.Context.Reset();
        Assert.Throws<InvalidOperationException>(() => _machine.Processor.Run());
        Assert.Throws<InvalidOperationException>(() => exact.Step());
        Assert.Equal(0u, _machine.Context.Registers.Eflags & 0x100);    // TF: no step has begun
        Assert.Throws<InvalidOperationException>(() => exact.StoresTo(new(0x1000), 4));    // found by the fuzzer
        _machine.Processor.Switch(_machine.Process, _machine.Context);
        Assert.False(exact.StoresTo(new(0x1000), 4));
    }

    [Fact]
    public void AProcessorThatIsGoneIsRefusedAndItsEngineMayGoFirst()
    {
        RequiredProcessor.Check();
        PagingEngine engine = new(new() { RamBytes = 4 << 20 });
        UserProcess process = engine.CreateProcess("short");
        GuestProcessor processor = new(engine);
        GuestContext context = processor.CreateContext();
        processor.Switch(process, context);
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => processor.Run());
        processor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => processor.Run());
        Assert.Throws<ObjectDisposedException>(() => processor.CreateContext());
        Assert.Throws<ObjectDisposedException>(() => context.SetTls(6, default));
        context.Dispose();
    }

    [Fact]
    public void ACallbackOfTheProcessorCannotUseIt()
    {
        Meddler meddler = new(_machine);
        _machine.Processor.Trace(meddler);
        Assert.Throws<InvalidOperationException>(() => _machine.Execute(0x90, 0x90, 0xCD, 0x80));
        Assert.True(meddler.WasCalled);
        meddler.IsQuiet = true;
        Assert.Equal(ProcessorExitKind.SystemCall, _machine.Execute(0x90, 0xCD, 0x80).Kind);
    }

    private sealed class Meddler(Machine machine) : IGuestAccessSink
    {
        public bool WasCalled { get; private set; }

        public bool IsQuiet { get; set; }

        public void Take(in GuestAccess access)
        {
            if (IsQuiet) return;
            WasCalled = true;
            Assert.Throws<InvalidOperationException>(machine.Processor.Dispose);
            Assert.Throws<InvalidOperationException>(machine.Context.Dispose);
            machine.Processor.Run();
        }
    }
}
