using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.WindowsChecking.Dialect;

/// <summary>Anything that can execute a scenario of Windows: the engine, and the reference model.</summary>
/// <remarks>A machine serves one scenario. <see cref="Start"/> comes first and once. Not thread-safe.</remarks>
public interface IWindowsMachine : IScriptMachine
{
    /// <summary>Makes process 0, whose allocations may take the arena.</summary>
    void Start(PageRange arena);
}
