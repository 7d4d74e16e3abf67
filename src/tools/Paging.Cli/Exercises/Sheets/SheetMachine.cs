using Paging.Core;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;

namespace Paging.Cli.Exercises.Sheets;

/// <summary>A small machine that makes the calls of a question, and answers it.</summary>
internal sealed class SheetMachine : IDisposable
{
    private const ulong RamBytes = 2 << 20;

    private readonly EngineMachine _machine = new(new EngineMachineOptions { RamBytes = RamBytes });
    private readonly List<string> _calls = [];

    /// <summary>Begins with an empty process.</summary>
    public SheetMachine() => _machine.Start(ScenarioHeader.Default);

    /// <summary>The calls that the question shows, in lines.</summary>
    public string Calls => string.Concat(_calls.Select(static call => $"  {call}\n"));

    /// <summary>The number of frames of private memory.</summary>
    public int AnonymousFrameCount => (int)_machine.Engine.Frames.CountOf(FrameState.Anonymous).Value;

    /// <summary>The memory of a process of the script now.</summary>
    public SpaceView Look(int number) => SpaceView.Take(_machine.Engine, _machine.ProcessOf(number)!);

    /// <summary>The counter of the machine with a name.</summary>
    public long Counter(string name) => MachineView.Take(_machine.Engine).Counter(name);

    /// <summary>A word of RAM, as a processor reads it.</summary>
    public uint ReadWord(FrameNumber frame, int index) => BitConverter.ToUInt32(_machine.Engine.Ram.Bytes(frame).Slice(index * 4, 4));

    /// <summary>Makes a call that the question shows.</summary>
    public string Show(string call)
    {
        _calls.Add(ScenarioParser.ParseCall(call).ToString());
        return Ask(call);
    }

    /// <summary>Makes a call that it does not show. Returns the result as a script has it.</summary>
    public string Ask(string call) => _machine.Execute(ScenarioParser.ParseCall(call)).ToString();

    public void Dispose() => _machine.Dispose();
}
