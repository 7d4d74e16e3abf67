namespace Paging.Core;

/// <summary>A device whose functions native code may call by itself, without the engine: C's and that of a translator.</summary>
/// <remarks>
/// <para>
/// Code that has the process's <c>TranslationTables</c> finds the pages of such devices in them, and calls <c>load</c> or <c>store</c> for
/// an aligned access of 1, 2, 4 or 8 bytes. Around the call it sets the word to which <c>host call</c> leads to 1, and then to 0 again;
/// if the word is not 0 before, it makes the access by the <c>Mmu</c>, which refuses it. A result other than 0 refuses the access.
/// The engine itself calls <see cref="IMemoryDevice"/>'s methods.
/// </para>
/// <para>
/// The tables show a page after its first access by the <c>Mmu</c>, in an engine of one thread, while nothing watches the process. They
/// show it no more when its area changes.
/// </para>
/// <para>Cost: some 2 ns beside the call, where the engine takes 20.</para>
/// </remarks>
public interface INativeDevice : IMemoryDevice
{
    /// <summary>
    /// The host's address of the functions, as a <c>paging_device</c> of paging.h. They stay there for as long as the device is mapped.
    /// </summary>
    nint Functions { get; }
}
