/* Status enums and their texts from one table.
 *
 * A table is an X-macro: #define COLOURS(X) X(RED, "red") X(BLUE, "blue"). STATUS_ENUM makes the enumerators,
 * STATUS_TEXTS the initialiser of the array of texts, in the same order. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#define STATUS_ENUM_ENTRY(name, text) name,
#define STATUS_TEXT_ENTRY(name, text) text,
#define STATUS_ENUM(table)            table(STATUS_ENUM_ENTRY)
#define STATUS_TEXTS(table)                                                                                            \
    {                                                                                                                  \
        table(STATUS_TEXT_ENTRY)                                                                                       \
    }

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
