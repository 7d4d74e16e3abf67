using Paging.Native;

namespace Paging.WindowsChecking.Dialect;

/// <summary>Anything that can execute a Windows scenario: the engine, and the reference model.</summary>
/// <remarks>A machine serves one scenario. <see cref="Start"/> comes first and once. Not thread-safe.</remarks>
public interface IWindowsMachine : IDisposable
{
    /// <summary>Makes process 0, whose allocations may take the arena.</summary>
    void Start(PageRange arena);

    /// <summary>Executes one call, and returns its result as it stands in a scenario; a block has its rows between braces.</summary>
    string Execute(WindowsCall call);
}
